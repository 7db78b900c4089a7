/**
 * Explains what happened to a session, and what is the case with it now: findings in words, with what they rest on and what
 * to do. One pure function, used by the page, by JSON and by alerts.
 */

import { accessRules } from './access-rules.js';
import { type Facts, FINDING_CODES, type Finding, type FindingCode } from './facts.js';
import { historyRules } from './history-rules.js';
import { linkRules } from './link-rules.js';
import { readerRules } from './reader-rules.js';
import type { Found, Rules } from './rule.js';
import { runRules } from './run-rules.js';
import { serverRules } from './server-rules.js';

const RULES: Rules<FindingCode> = {
  ...serverRules,
  ...accessRules,
  ...historyRules,
  ...linkRules,
  ...readerRules,
  ...runRules,
};

/** What happens within this time may have one cause. */
const INCIDENT_MS = 5 * 60_000;

/**
 * What is found, most important first: what holds now, then what is over, newest incident first; within an incident causes
 * come before what follows from them (`FINDING_CODES`). A healthy session has none.
 */
export function findingsOf(facts: Facts): readonly Finding[] {
  const all = FINDING_CODES.flatMap((code): Finding[] => {
    const found = RULES[code](facts);
    return found ? [named(code, found)] : [];
  });
  return [
    ...all.filter(({ ongoing }) => ongoing),
    ...byIncident(all.filter(({ ongoing }) => !ongoing)),
  ];
}

/**
 * The most important of some findings that holds now.
 *
 * @param codes those that are looked for: facts without a trace are too little for the others
 */
export function ongoingOf(facts: Facts, codes: readonly FindingCode[]): Finding | undefined {
  for (const code of FINDING_CODES) {
    const found = codes.includes(code) ? RULES[code](facts) : undefined;
    if (found?.ongoing) return named(code, found);
  }
  return undefined;
}

const named = (code: FindingCode, { at, ongoing = false, ...words }: Found): Finding => ({
  code,
  at: new Date(at).toISOString(),
  ongoing,
  ...words,
});

/** @param findings causes first */
function byIncident(findings: readonly Finding[]): readonly Finding[] {
  const newest = Math.max(...findings.map(({ at }) => Date.parse(at)));
  const isOfNewest = ({ at }: Finding) => newest - Date.parse(at) <= INCIDENT_MS;
  const others = findings.filter((finding) => !isOfNewest(finding));
  return findings.length === 0 ? [] : [...findings.filter(isOfNewest), ...byIncident(others)];
}
