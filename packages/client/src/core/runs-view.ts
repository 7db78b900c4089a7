/** The replies of the thread as a user interface shows them, from posts and from the thread's events. Pure. */

import type { OutboxMessage } from './outbox.js';

/** The state of a reply. Only messages that were sent from here can be `sending` or `accepted`. */
export type RunState =
  | 'sending'
  /** The server has the message; the reply's beginning has not arrived here. */
  | 'accepted'
  | 'running'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'interrupted';

/** A reply of the thread, or a message on its way to one, as `status.runs` shows it. */
export interface RunView {
  /** Null while the message is being sent. */
  readonly run_id: string | null;
  /** The question's name if it was sent from here; else null. */
  readonly message_id: string | null;
  /** What was sent from here, to be shown until the thread has it; else null. */
  readonly user_input: string | null;
  readonly state: RunState;
}

/** Oldest first. */
export type RunsView = readonly RunView[];

/** How many ended runs stay, so that a user interface can still show how they ended. */
const MAX_ENDED = 20;
/** A thread holds no more open runs; older ones, which a trimmed log has left open, are dropped (I9). */
const MAX_RUNS = 200;

export const isOpen = ({ state }: RunView): boolean =>
  state === 'sending' || state === 'accepted' || state === 'running';

export const sending = (
  runs: RunsView,
  { message_id, user_input }: Pick<OutboxMessage, 'message_id' | 'user_input'>,
): RunsView =>
  runs.some((run) => run.message_id === message_id)
    ? runs
    : bounded([...runs, { run_id: null, message_id, user_input, state: 'sending' }]);

/** The server has it. Its run may have begun, or ended, in the thread before the answer was here. */
export function accepted(runs: RunsView, message_id: string, run_id: string | null): RunsView {
  const known = run_id === null ? undefined : runs.find((run) => run.run_id === run_id);
  const user_input = runs.find((run) => run.message_id === message_id)?.user_input ?? null;
  const state = known?.state ?? 'accepted';
  const merged: RunView = { run_id, message_id, user_input, state };
  const others = runs.filter((run) => run !== known && run.message_id !== message_id);
  return bounded([...others, merged]);
}

export const refusedToSend = (runs: RunsView, message_id: string): RunsView =>
  runs.filter((run) => run.message_id !== message_id || run.state !== 'sending');

/** What an event of the thread says of a run; the same view if it says nothing new. */
export function seen(runs: RunsView, run_id: string, state: RunState): RunsView {
  const index = runs.findIndex((run) => run.run_id === run_id);
  const known = runs[index];
  if (!known) return bounded([...runs, { run_id, message_id: null, user_input: null, state }]);
  if (known.state === state || !isOpen(known)) return runs;
  return bounded(runs.with(index, { ...known, state }));
}

/** The thread's history is void: only messages on their way remain. */
export const withoutHistory = (runs: RunsView): RunsView =>
  runs.filter(({ state }) => state === 'sending');

function bounded(runs: RunsView): RunsView {
  let ended = runs.filter((run) => !isOpen(run)).length;
  const kept = runs.filter((run) => {
    if (isOpen(run) || ended <= MAX_ENDED) return true;
    ended -= 1;
    return false;
  });
  return kept.slice(-MAX_RUNS);
}

const END_STATES: readonly string[] = ['completed', 'failed', 'cancelled', 'interrupted'];

export const isEndState = (value: unknown): value is RunState =>
  typeof value === 'string' && END_STATES.includes(value);
