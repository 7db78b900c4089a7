/*
 * A question on its way into the thread. It is asked once: after an answer that did not come, nobody
 * knows whether it has arrived, so the thread is looked at before it may be sent again.
 *
 *     ask ──► posting ──taken──► taken ───┐
 *                │                │       ├──its run starts──► null, arrived
 *                │ no answer      │ gone  │
 *                ├──────────► unknown ────┤
 *                │                │ not in the thread
 *                │ refused        ▼       │
 *                └──────────► not_sent ◄──┘ a late arrival still counts
 *
 * Pure: time comes in as an argument.
 */

export type Asking = {
  readonly text: string;
  /** The thread's last offset when it was asked: its run starts after that. */
  readonly after: number;
} & (
  | { readonly phase: 'posting' }
  /** The server has it, and a run for it, whose beginning has not come here. */
  | { readonly phase: 'taken'; readonly run_id: string; readonly quietSince: number | null }
  /** No answer: it has arrived or not. */
  | { readonly phase: 'unknown'; readonly quietSince: number | null }
  /** It has not arrived, and may be sent again. */
  | { readonly phase: 'not_sent'; readonly why: string }
);

/** What became of the post. */
export type PostOutcome =
  | { readonly kind: 'taken'; readonly run_id: string }
  /** Surely not taken. */
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'no_answer' };

/** How long the thread must have been quiet and complete before a question counts as not in it. */
const QUIET_MS = { fresh: 1_500, old: 6_000 } as const;

export const ask = (text: string, after: number): Asking => ({ phase: 'posting', text, after });

export function answered({ text, after }: Asking, outcome: PostOutcome): Asking {
  switch (outcome.kind) {
    case 'taken':
      return { text, after, phase: 'taken', run_id: outcome.run_id, quietSince: null };
    case 'refused':
      return { text, after, phase: 'not_sent', why: outcome.why };
    case 'no_answer':
      return { text, after, phase: 'unknown', quietSince: null };
  }
}

export interface StartedRun {
  readonly run_id: string;
  readonly question: string;
  readonly offset: number;
}

/** Null once the question has arrived: a run has started for it. */
export function withRun(asking: Asking, run: StartedRun): Asking | null {
  if (asking.phase === 'taken') return run.run_id === asking.run_id ? null : asking;
  const mine = run.offset > asking.after && run.question === asking.text;
  return mine ? null : asking;
}

export interface View {
  readonly now: number;
  /** Live, and every event that the thread is known to have is applied. */
  readonly complete: boolean;
  /** A run is being produced: others may wait behind it. */
  readonly busy: boolean;
  /** Whether the connection was made since the post failed, so that it is surely not a dead one. */
  readonly fresh: boolean;
}

/** Looks at the thread: a question that is not in it although nothing is missing was not sent. */
export function withView(asking: Asking, { now, complete, busy, fresh }: View): Asking {
  if (asking.phase !== 'taken' && asking.phase !== 'unknown') return asking;
  // As long as it is connected the server keeps its word; only a new connection may be to a new server.
  const quiet = complete && !busy && (asking.phase === 'unknown' || fresh);
  if (!quiet) return asking.quietSince === null ? asking : { ...asking, quietSince: null };
  if (asking.quietSince === null) return { ...asking, quietSince: now };
  if (now - asking.quietSince < (fresh ? QUIET_MS.fresh : QUIET_MS.old)) return asking;
  const { text, after } = asking;
  const why =
    asking.phase === 'taken'
      ? 'The server took the question and was gone before it began.'
      : 'The question did not reach the server.';
  return { text, after, phase: 'not_sent', why };
}
