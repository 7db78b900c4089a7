/** What the page shows of a thread: its replies, and the messages that are on their way there. Pure. */

import type { Reply, RunView, ThreadState } from '@session-monitor/client';
import type { LostEvent } from '../faults/lossy-monitor.js';
import type { Range } from '../markdown/ranges.js';

/** A message and its reply: one run. */
export interface ShownReply {
  readonly reply: Reply;
  /** What of the reply's text came from the log, after a return of the connection. */
  readonly replayed: readonly Range[];
  /** The page itself has lost a part of it, on purpose. */
  readonly lost: boolean;
  /** Another reply of the thread is being written before it. */
  readonly waits: boolean;
  /** Nothing has been sent after it: what it proposes to ask next is still up to date. */
  readonly isLast: boolean;
}

/** A message that is not in the thread yet. */
export interface PendingMessage {
  readonly message_id: string;
  readonly text: string;
  /** Why it is not sent; null while it is on its way. */
  readonly refusal: string | null;
}

export interface Conversation {
  readonly shown: readonly ShownReply[];
  readonly pending: readonly PendingMessage[];
  readonly gaps: ThreadState['gaps'];
}

export const EMPTY: Conversation = { shown: [], pending: [], gaps: [] };

export interface Sources {
  readonly thread: Pick<ThreadState, 'replies' | 'gaps'> & {
    readonly status: { readonly runs: readonly RunView[] };
  };
  readonly replayed: (run_id: string) => readonly Range[];
  readonly lost: readonly LostEvent[];
  /** Messages that the server has refused for good. */
  readonly refused: readonly PendingMessage[];
}

export function conversationOf({ thread, replayed, lost, refused }: Sources): Conversation {
  const { replies, gaps, status } = thread;
  const writing = beingWritten(replies);
  const pending = [...onTheWay(status.runs, replies), ...refused];
  const last = pending.length === 0 ? replies.at(-1) : undefined;
  const shown = replies.map((reply) => ({
    reply,
    replayed: replayed(reply.run_id),
    lost: lost.some(({ run_id }) => run_id === reply.run_id),
    waits: reply.state === 'running' && reply !== writing,
    isLast: reply === last,
  }));
  return { shown, pending, gaps };
}

/** The reply that grows: one at a time does. */
export const beingWritten = (replies: readonly Reply[]): Reply | undefined =>
  replies.find(({ state }) => state === 'running');

function onTheWay(runs: readonly RunView[], replies: readonly Reply[]): readonly PendingMessage[] {
  const arrived = new Set(replies.map(({ message_id }) => message_id));
  return runs.flatMap(({ message_id, user_input, state }) => {
    const isPending = state === 'sending' || state === 'accepted';
    if (!isPending || message_id === null || arrived.has(message_id)) return [];
    return [{ message_id, text: user_input ?? '', refusal: null }];
  });
}
