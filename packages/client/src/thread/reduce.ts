/**
 * The history of a thread, grown from its events: all readers that begin at the same offset end with the same
 * history. Pure: it changes none of its arguments.
 */

import type { Gap } from '@session-monitor/protocol';
import type { Reply, ThreadEvent, ThreadHistory } from './history.js';
import { type Part, type RunPart, readPart } from './part.js';

/** What a view keeps at most (I9): of a message's analysis, and of gaps, as many as of events. */
export interface HistoryLimits {
  readonly maxEvents: number;
  readonly maxReplies: number;
}

/** The history with more events, in their order. What does not change stays the same object. */
export function withEvents(
  history: ThreadHistory,
  events: readonly ThreadEvent[],
  limits: HistoryLimits,
): ThreadHistory {
  if (events.length === 0) return history;
  return {
    ...history,
    events: newest([...history.events, ...events], limits.maxEvents),
    replies: withParts(history.replies, events, limits),
  };
}

/** Events are gone that have not arrived here. A reply that is being written may have lost words with them. */
export const withGap = (
  { events, replies, gaps }: ThreadHistory,
  gap: Gap,
  { maxEvents }: HistoryLimits,
): ThreadHistory => ({
  events,
  replies: replies.map((reply) => (reply.state === 'running' ? { ...reply, whole: false } : reply)),
  gaps: newest([...gaps, gap], maxEvents),
});

function withParts(
  replies: readonly Reply[],
  events: readonly ThreadEvent[],
  limits: HistoryLimits,
): readonly Reply[] {
  let changed: Reply[] | undefined;
  for (const event of events) {
    const read = readPart(event);
    if (!read) continue;
    changed ??= [...replies];
    // Parts belong to the newest run nearly always.
    const index = changed.findLastIndex(({ run_id }) => run_id === read.run_id);
    const reply = changed[index] ?? begin(read, event.offset);
    changed[index < 0 ? changed.length : index] = withPart(reply, read.part, limits);
  }
  return changed ? newest(changed, limits.maxReplies) : replies;
}

const begin = ({ run_id, part }: RunPart, offset: number): Reply => ({
  run_id,
  offset,
  state: 'running',
  message: null,
  message_id: null,
  user_id: null,
  text: '',
  whole: part.kind === 'started',
  analysis: [],
  knowledge: [],
  next_actions: [],
  error: null,
});

function withPart(reply: Reply, part: Part, { maxEvents }: HistoryLimits): Reply {
  switch (part.kind) {
    case 'text':
      return { ...reply, text: reply.text + part.text };
    case 'data':
      return { ...reply, [part.of]: newest([...reply[part.of], part.data], maxEvents) };
    case 'started':
    case 'finished':
      return { ...reply, ...part.fields };
  }
}

const newest = <T>(list: readonly T[], max: number): readonly T[] =>
  list.length > max ? list.slice(list.length - max) : list;
