/** Results as text, as JSON, and beside the checked-in ratios. */

import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { TITLES } from './peers/peer.js';
import { type BenchRequest, type Results, shown } from './question.js';

/** Ratios by question, case, and `metric: ours / peer`. */
export type Ratios = Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, number>>>>>
>;

const titleOf = (peer: string): string =>
  (TITLES as Readonly<Record<string, string>>)[peer] ?? peer;

/** One table for each case: the median of each figure, with its lowest and highest if there are several. */
export function tables(request: BenchRequest, results: Results): string {
  const lines = [`\n## ${request.title}\n`];
  for (const [name, byPeer] of results) {
    const metrics = [...([...byPeer.values()][0]?.keys() ?? [])];
    lines.push(`| ${name} | ${metrics.join(' | ')} |`, `| --- |${' --- |'.repeat(metrics.length)}`);
    for (const [peer, byMetric] of byPeer) {
      const cells = metrics.map((metric) => {
        const summary = byMetric.get(metric);
        if (!summary) return '–';
        const spread = ` (${shown(summary.low)} – ${shown(summary.high)})`;
        return `${shown(summary.median)}${summary.rounds > 1 ? spread : ''}`;
      });
      lines.push(`| ${titleOf(peer)} | ${cells.join(' | ')} |`);
    }
    lines.push('');
  }
  return lines.join('\n');
}

/** A question's ratios, medians against medians. */
export function ratiosOf(request: BenchRequest, results: Results): Ratios[string] {
  const ratios: Record<string, Record<string, number>> = {};
  for (const [name, byPeer] of results) {
    const found: Record<string, number> = {};
    for (const { metric, against, of = 'ours' } of request.ratios) {
      const own = byPeer.get(of)?.get(metric)?.median;
      for (const peer of against) {
        const other = byPeer.get(peer)?.get(metric)?.median;
        if (own === undefined || other === undefined) continue;
        found[`${metric}: ${of} / ${peer}`] = Number((own / other).toPrecision(3));
      }
    }
    if (Object.keys(found).length > 0) ratios[name] = found;
  }
  return ratios;
}

/** The ratios of a run beside the checked-in ones. */
export function ratioTable(ratios: Ratios, reference: Ratios): string {
  const lines = ['\n| ratio | now | checked in |', '| --- | --- | --- |'];
  for (const [request, cases] of Object.entries(ratios)) {
    for (const [name, found] of Object.entries(cases)) {
      for (const [ratio, value] of Object.entries(found)) {
        const known = reference[request]?.[name]?.[ratio];
        lines.push(`| ${request}, ${name}: ${ratio} | ${value} | ${known ?? '–'} |`);
      }
    }
  }
  return lines.join('\n');
}

export function readReference(path: string): Ratios {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { readonly ratios: Ratios }).ratios;
  } catch {
    return {};
  }
}

export function writeReference(path: string, ratios: Ratios): void {
  const about =
    'Ratios of a short run: npm run bench -- --short --save-reference. See docs/lab/benchmarks.md.';
  const known = { ...readReference(path), ...ratios };
  writeFileSync(path, `${JSON.stringify({ about, machine: machine(), ratios: known }, null, 2)}\n`);
}

export const toJson = (results: ReadonlyMap<string, Results>): string =>
  JSON.stringify(
    { machine: machine(), results },
    (_key, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value),
    2,
  );

function machine(): Readonly<Record<string, string | number>> {
  const cores = cpus();
  return {
    node: process.version,
    cores: cores.length,
    processor: cores[0]?.model ?? '',
    memory_gib: Math.round(totalmem() / 2 ** 30),
  };
}
