/** What a server finds to explain a session, as an operator asks for it. */

import { expect } from 'vitest';
import type { TestClient } from './client.js';
import { readDebug } from './debug-views.js';
import { pause, until } from './until.js';

interface Finding {
  readonly code: string;
  readonly ongoing: boolean;
  readonly title: string;
  readonly evidence: readonly string[];
  readonly next: string;
}

/** What a finding must say: its title, and lines that its evidence must have. */
export interface ExpectedFinding {
  readonly title: RegExp;
  readonly evidence: readonly RegExp[];
  /** Default true. */
  readonly ongoing?: boolean;
}

interface Answer {
  readonly findings: readonly Finding[];
  /** How long it took. */
  readonly ms: number;
}

/** An operator waits no longer. */
const ANSWERED_WITHIN_MS = 2_000;
/** A machine that is busy with other tests is slow at one look, not at each. */
const LOOKS = 4;
const BETWEEN_LOOKS_MS = 300;
/** A server that is late itself does not believe that a page is: it waits for two pings. */
const PATIENCE_MS = 40_000;
/** What such a machine does to a server that nothing else is wrong with. */
const BY_LOAD = ['loop_blocked', 'store_slow'];
/** The same, as pages show it. */
export const LOAD_TITLES = /event loop of .* was blocked|store is slow/;

/** @param path `sessions/…`, `threads/…` or `users/…` */
async function ask(url: string, path: string): Promise<Answer> {
  const askedAt = performance.now();
  const { findings } = await readDebug<{ findings: readonly Finding[] }>(url, `${path}/findings`);
  return { findings, ms: performance.now() - askedAt };
}

export const findingsOf = async (url: string, path: string): Promise<readonly Finding[]> =>
  (await ask(url, path)).findings;

export const pathOf = ({ monitor }: Pick<TestClient, 'monitor'>): string =>
  `sessions/${monitor.status.session_id}`;

/** Waits until a finding is the first one, in an answer that came in time, and looks at its words. */
export async function expectFirst(
  url: string,
  path: string,
  code: string,
  { title, evidence, ongoing = true }: ExpectedFinding,
): Promise<readonly Finding[]> {
  let answer: Answer = { findings: [], ms: 0 };
  let found: readonly Finding[] = [];
  const isOf = (finding: Finding | undefined): finding is Finding =>
    finding?.code === code && finding.ongoing === ongoing;
  const first = await until(
    `${code} is found first, within ${ANSWERED_WITHIN_MS} ms`,
    async () => {
      answer = await ask(url, path);
      found = answer.findings.filter((each) => each.code === code || !BY_LOAD.includes(each.code));
      const [top] = found;
      return answer.ms < ANSWERED_WITHIN_MS && isOf(top) && top;
    },
    { timeoutMs: PATIENCE_MS, everyMs: 100, state: () => answer },
  );
  expect(first.title).toMatch(title);
  for (const line of evidence) {
    expect(first.evidence).toContainEqual(expect.stringMatching(line));
  }
  return found;
}

/** Nothing is found. */
export async function expectHealthy(url: string, path: string): Promise<void> {
  for (let look = 1; ; look += 1) {
    const found = (await findingsOf(url, path)).filter(({ code }) => !BY_LOAD.includes(code));
    if (found.length === 0) return;
    if (look === LOOKS) expect([path, found]).toEqual([path, []]);
    await pause(BETWEEN_LOOKS_MS);
  }
}
