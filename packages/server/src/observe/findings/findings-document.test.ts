/** docs/monitoring.md shows each finding as the rules word it, and each is staged on something real. */

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { factsOf } from './facts.fixture.js';
import { FINDING_CODES, type FindingCode } from './facts.js';
import { findingsOf } from './findings.js';
import { STAGED } from './staged-facts.fixture.js';

const ROOT = new URL('../../../../../', import.meta.url);
const STAGES = new URL('test/end-to-end/', ROOT);

const page = readFileSync(new URL('docs/monitoring.md', ROOT), 'utf8');

/** Without the breaks of lines. */
const words = (text: string): string => text.replace(/\s+/g, ' ').trim();

function sectionOf(code: FindingCode): string {
  const [, given] = STAGED.find(([each]) => each === code) ?? [];
  const finding = findingsOf(factsOf(given ?? {})).find((each) => each.code === code);
  if (!finding) throw new Error(`No facts are staged for ${code}.`);
  const { title, evidence, next } = finding;
  return `### ${code} **${title}** ${evidence.join(' ')} *Next:* ${next}`;
}

test('the table has each finding, in the order in which one explains another', () => {
  const [, table = ''] = page.split('## Findings');
  const codes = [...table.matchAll(/^\| `(\w+)` \| [^|]+ \|$/gm)].map(([, code]) => code);
  expect(codes).toEqual([...FINDING_CODES]);
});

test('each has a section with its words, as the rules have them', () => {
  const [, findings = ''] = page.split('## Findings');
  const [section = ''] = findings.split(/^## /m);
  const shown = words(section.slice(section.indexOf('\n### ')));
  expect(shown.split(/ (?=### )/)).toEqual(FINDING_CODES.map((code) => words(sectionOf(code))));
});

test('each is staged on real sockets, processes or pages, in an end-to-end test', () => {
  const files = readdirSync(STAGES).filter((name) => name.startsWith('findings'));
  const stages = files.map((name) => readFileSync(new URL(name, STAGES), 'utf8')).join('');
  const staged = FINDING_CODES.filter((code) => RegExp(`, '${code}', \\{`).test(stages));
  expect(staged).toEqual([...FINDING_CODES]);
});
