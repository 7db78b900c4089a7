/**
 * A conversation as a page shows it, grown from the thread's events alone: whoever follows the thread,
 * in whichever tab, from whichever offset on, ends with the same. Pure; states are immutable.
 */

import { type Part, readPart, type Suggestion, type TurnStatus } from './part.js';

/** A stretch of reply text. */
export interface Stretch {
  readonly text: string;
  /** Which return of the connection brought it from the log; 0 for text that came as it was written. */
  readonly replay: number;
}

/** A question and its reply: one run. */
export interface Turn {
  readonly run_id: string;
  /** The run's first offset that is known. */
  readonly offset: number;
  /** Null if the run's beginning is no longer kept. */
  readonly question: string | null;
  readonly notes: readonly string[];
  readonly sources: readonly string[];
  readonly reply: readonly Stretch[];
  readonly suggestion: Suggestion | null;
  readonly status: TurnStatus;
  /** Why there is no more, if something went wrong. */
  readonly error: string | null;
}

/** Events that are no longer kept. */
export interface Missing {
  readonly from: number;
  readonly to: number;
}

export interface Conversation {
  readonly turns: readonly Turn[];
  readonly missing: readonly Missing[];
}

export const EMPTY: Conversation = { turns: [], missing: [] };

export interface AppliedEvent {
  readonly name: string;
  readonly data: unknown;
  readonly offset: number;
  /** See {@link Stretch.replay}. */
  readonly replay: number;
}

/** The conversation with one more event; others' events change nothing. */
export function withEvent(conversation: Conversation, event: AppliedEvent): Conversation {
  const part = readPart(event.name, event.data);
  if (!part) return conversation;
  const { turns } = conversation;
  // Parts belong to the newest run nearly always.
  const index = turns.findLastIndex(({ run_id }) => run_id === part.run_id);
  const turn = turns[index] ?? begin(part.run_id, event.offset);
  const changed = withPart(turn, part, event.replay);
  const others = index < 0 ? turns.length : index;
  return { ...conversation, turns: turns.toSpliced(others, 1, changed) };
}

export const withGap = (conversation: Conversation, { from, to }: Missing): Conversation => ({
  ...conversation,
  missing: [...conversation.missing, { from, to }],
});

/** The history is void, or, where a stretch was compacted away, from that stretch on. */
export function withReset(
  { turns, missing }: Conversation,
  { reason, from }: { readonly reason: string; readonly from: number },
): Conversation {
  if (reason !== 'compacted') return EMPTY;
  return {
    turns: turns.filter(({ offset }) => offset < from),
    missing: missing.filter(({ to }) => to < from),
  };
}

/** Whether a reply is being written. */
export const isStreaming = ({ turns }: Conversation): boolean =>
  turns.some(({ status }) => status === 'streaming');

export const textOf = ({ reply }: Turn): string => reply.map(({ text }) => text).join('');

const begin = (run_id: string, offset: number): Turn => ({
  run_id,
  offset,
  question: null,
  notes: [],
  sources: [],
  reply: [],
  suggestion: null,
  status: 'streaming',
  error: null,
});

function withPart(turn: Turn, part: Part, replay: number): Turn {
  switch (part.kind) {
    case 'started':
      return { ...turn, question: part.question };
    case 'note':
      return { ...turn, notes: [...turn.notes, part.text] };
    case 'source':
      return { ...turn, sources: [...turn.sources, part.title] };
    case 'suggestion':
      return { ...turn, suggestion: part };
    case 'text':
      return { ...turn, reply: withText(turn.reply, part.text, replay) };
    case 'finished':
      return { ...turn, status: part.status, error: part.error };
  }
}

function withText(reply: readonly Stretch[], text: string, replay: number): readonly Stretch[] {
  const last = reply.at(-1);
  if (!last || last.replay !== replay) return [...reply, { text, replay }];
  return reply.with(-1, { text: last.text + text, replay });
}
