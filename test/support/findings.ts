/** What a server finds to explain a session, as an operator asks for it. */

import { expect } from 'vitest';
import type { TestClient } from './client.js';
import { readDebug } from './debug-views.js';
import { until } from './until.js';

export interface Finding {
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

/** An operator waits no longer. */
const ANSWERED_WITHIN_MS = 2_000;

/** @param path `sessions/…`, `threads/…` or `users/…` */
export async function findingsOf(url: string, path: string): Promise<readonly Finding[]> {
  const askedAt = performance.now();
  const { findings } = await readDebug<{ findings: readonly Finding[] }>(url, `${path}/findings`);
  expect(performance.now() - askedAt).toBeLessThan(ANSWERED_WITHIN_MS);
  return findings;
}

export const pathOf = ({ monitor }: Pick<TestClient, 'monitor'>): string =>
  `sessions/${monitor.status.session_id}`;

/** Waits until a finding is the first one, and looks at its words. */
export async function expectFirst(
  url: string,
  path: string,
  code: string,
  { title, evidence, ongoing = true }: ExpectedFinding,
): Promise<readonly Finding[]> {
  let found: readonly Finding[] = [];
  const first = await until(
    `${code} is found first`,
    async () => {
      found = await findingsOf(url, path);
      return found[0]?.code === code && found[0].ongoing === ongoing && found[0];
    },
    { everyMs: 100, state: () => found },
  );
  expect(first.title).toMatch(title);
  for (const line of evidence) {
    expect(first.evidence).toContainEqual(expect.stringMatching(line));
  }
  return found;
}

/** Nothing is found. A machine that is busy with other tests blocks the loop of a healthy server, too. */
export async function expectHealthy(url: string, path: string): Promise<void> {
  const findings = await findingsOf(url, path);
  expect(findings.filter(({ code }) => code !== 'loop_blocked')).toEqual([]);
}
