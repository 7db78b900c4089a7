/** What the page shows of a thread: its replies, and the messages that are on their way there. Pure. */

import type { MonitorRun, ThreadMessage, ThreadState } from '@session-monitor/client';
import type { LostEvent } from '../faults/lossy-monitor.js';
import type { Range } from '../markdown/ranges.js';

/** A message and its reply: one run. */
export interface Turn {
  readonly message: ThreadMessage;
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
  readonly turns: readonly Turn[];
  readonly pending: readonly PendingMessage[];
  readonly gaps: ThreadState['gaps'];
}

export const EMPTY: Conversation = { turns: [], pending: [], gaps: [] };

export interface Sources {
  readonly thread: Pick<ThreadState, 'messages' | 'gaps'> & {
    readonly status: { readonly runs: readonly MonitorRun[] };
  };
  readonly replayed: (run_id: string) => readonly Range[];
  readonly lost: readonly LostEvent[];
  /** Messages that the server has refused for good. */
  readonly refused: readonly PendingMessage[];
}

export function conversationOf({ thread, replayed, lost, refused }: Sources): Conversation {
  const { messages, gaps, status } = thread;
  const writing = beingWritten(messages);
  const pending = [...onTheWay(status.runs, messages), ...refused];
  const last = pending.length === 0 ? messages.at(-1) : undefined;
  const turns = messages.map((message) => ({
    message,
    replayed: replayed(message.run_id),
    lost: lost.some(({ run_id }) => run_id === message.run_id),
    waits: message.state === 'running' && message !== writing,
    isLast: message === last,
  }));
  return { turns, pending, gaps };
}

/** The reply that grows: one at a time does. */
export const beingWritten = (messages: readonly ThreadMessage[]): ThreadMessage | undefined =>
  messages.find(({ state }) => state === 'running');

function onTheWay(
  runs: readonly MonitorRun[],
  messages: readonly ThreadMessage[],
): readonly PendingMessage[] {
  const arrived = new Set(messages.map(({ message_id }) => message_id));
  return runs.flatMap(({ message_id, user_input, state }) => {
    const isPending = state === 'sending' || state === 'accepted';
    if (!isPending || message_id === null || arrived.has(message_id)) return [];
    return [{ message_id, text: user_input ?? '', refusal: null }];
  });
}
