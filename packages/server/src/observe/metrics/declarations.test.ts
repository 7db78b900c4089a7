/** The names of all metrics, and everything that names them: the documentation, the alerts, the dashboard. */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { METRICS, PREFIX } from './declarations.js';

const ROOT = new URL('../../../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

/** The names of the series of a metric. */
const seriesOf = (name: string): readonly string[] =>
  METRICS[name]?.type === 'histogram'
    ? ['_bucket', '_sum', '_count'].map((suffix) => `${PREFIX}${name}${suffix}`)
    : [`${PREFIX}${name}`];

const ALL = new Set(Object.keys(METRICS).flatMap(seriesOf));
const namedIn = (text: string): readonly string[] => text.match(/\bsession_monitor_\w+/g) ?? [];

describe('each metric', () => {
  test.each(Object.entries(METRICS))('%s has a name that says its unit', (name, { type }) => {
    expect(name).toMatch(/^[a-z][a-z_]*$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    if (type === 'histogram') expect(name).toMatch(/_(seconds|bytes)$/);
  });

  test('has no label that names a thread, a session, a user, an address or a node', () => {
    const labels = Object.values(METRICS).flatMap((each) => each.labels.map(([label]) => label));
    const allowed = ['transport', 'reason', 'outcome', 'code', 'over', 'reader', 'link', 'status'];
    const others = ['state', 'step', 'limit', 'kind', 'version', 'store'];
    expect([...new Set(labels)].sort()).toEqual([...allowed, ...others].sort());
  });

  test('has few series', () => {
    const count = Object.values(METRICS).map(({ labels }) =>
      labels.reduce((product, [, values]) => product * values.length, 1),
    );
    expect(Math.max(...count)).toBeLessThan(80);
  });
});

test('the table of docs/monitoring.md has each metric with its type, its labels and its help', () => {
  const [, table = ''] = read('docs/monitoring.md').split('## All metrics');
  const rows = [...table.matchAll(/^\| `(\w+)` \| (\w+) \| (.*?) \| (.*) \|$/gm)];
  const shown = rows.map(([, ...cells]) => cells);
  const wanted = Object.entries(METRICS).map(([name, { type, labels, help }]) => {
    const names = labels.map(([label]) => `\`${label}\``).join(', ');
    return [name, type, names, help];
  });
  expect(shown).toEqual(wanted);
});

describe('examples/monitoring', () => {
  const files = readdirSync(new URL('examples/monitoring/', ROOT));

  test.each(files)('%s names no metric that there is not', (file) => {
    const named = namedIn(read(`examples/monitoring/${file}`));
    expect(named.filter((name) => !ALL.has(name))).toEqual([]);
  });

  test('alerts and dashboard name some', () => {
    const named = ['alerts.yml', 'grafana-dashboard.json'].map(
      (file) => new Set(namedIn(read(`examples/monitoring/${file}`))).size,
    );
    for (const count of named) expect(count).toBeGreaterThanOrEqual(7);
  });
});

test('docs/monitoring.md names no metric that there is not', () => {
  const named = namedIn(read('docs/monitoring.md')).filter((name) => name !== PREFIX);
  expect(named.length).toBeGreaterThan(10);
  // Prose names a histogram as a whole.
  const isWhole = (name: string) => Object.hasOwn(METRICS, name.slice(PREFIX.length));
  expect(named.filter((name) => !ALL.has(name) && !isWhole(name))).toEqual([]);
});
