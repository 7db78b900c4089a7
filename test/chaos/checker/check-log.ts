/** Checks the log against the acknowledged publications, and its runs for consistency. */

import type { Log, Publication, Violation } from './evidence.js';

interface Data {
  readonly id?: unknown;
  readonly run_id?: unknown;
}

interface RunData extends Data {
  readonly status?: string;
  readonly user_input?: unknown;
}

const parse = (text: string): readonly [event: string, data: Data | null] => JSON.parse(text);

/**
 * Every acknowledged publication is in the log once, at the acknowledged offset, and each publisher's are in
 * order. A publication that was never acknowledged is there once or not at all.
 */
export function checkPublications(
  thread_id: string,
  publications: readonly Publication[],
  log: Log,
): readonly Violation[] {
  const violations: Violation[] = [];
  const violate = (kind: Violation['kind'], what: string) =>
    violations.push({ kind, thread_id, what });
  const places = placesOf(log);
  const newest = new Map<string, number>();
  for (const { message_id, offset, publisher } of publications) {
    const found = places.get(message_id) ?? [];
    const [place] = found;
    if (found.length > 1) violate('repeated', `${message_id} is at ${found.join(' and ')}`);
    if (offset !== null && place !== offset) {
      const where = place === undefined ? 'nowhere' : `at ${place}`;
      violate('forgotten', `${message_id} was acknowledged at ${offset} and is ${where}`);
    }
    if (place === undefined) continue;
    const before = newest.get(publisher) ?? 0;
    if (place < before) violate('disordered', `${message_id} is at ${place}, after ${before}`);
    newest.set(publisher, place);
  }
  return violations;
}

/** Where each message id is in the log. */
function placesOf(log: Log): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  log.forEach((text, index) => {
    const id = parse(text)[1]?.id;
    if (typeof id !== 'string') return;
    const known = places.get(id);
    if (known) known.push(index + 1);
    else places.set(id, [index + 1]);
  });
  return places;
}

export interface RunsFound {
  readonly runs: number;
  readonly finished: Readonly<Record<string, number>>;
  readonly violations: readonly Violation[];
}

/**
 * Every started run has exactly one terminal event, and nothing after it (I7). Each question has another text
 * here, so a text that is in the log twice was answered twice (I8).
 */
export function checkRuns(thread_id: string, log: Log): RunsFound {
  const violations: Violation[] = [];
  const ends = new Map<string, number>();
  const finished: Record<string, number> = {};
  const messages = new Set<unknown>();
  const violate = (what: string, kind: Violation['kind'] = 'run') =>
    violations.push({ kind, thread_id, what });
  log.forEach((text, index) => {
    const [event, data] = parse(text) as [string, RunData | null];
    const offset = index + 1;
    const run_id = data?.run_id;
    if (typeof run_id !== 'string') return;
    const end = ends.get(run_id);
    if (end) violate(`${event} of run ${run_id} is at ${offset}, after its end at ${end}`);
    if (event === 'run_started') {
      const { user_input } = data ?? {};
      if (messages.has(user_input)) violate(`${user_input} was answered twice`, 'repeated');
      messages.add(user_input);
    }
    if (event === 'run_started' && end !== undefined) violate(`run ${run_id} starts twice`);
    if (event !== 'run_started' && end === undefined) violate(`run ${run_id} has no start`);
    ends.set(run_id, event === 'run_finished' ? offset : (end ?? 0));
    if (event === 'run_finished') {
      const status = data?.status ?? 'unknown';
      finished[status] = (finished[status] ?? 0) + 1;
    }
  });
  for (const [run_id, end] of ends) if (end === 0) violate(`run ${run_id} has no terminal event`);
  return { runs: ends.size, finished, violations };
}
