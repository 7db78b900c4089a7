/** Looks for the lines of this node that a question is about. */

import type { TraceSubject } from './detail.js';
import type { TraceLine } from './line.js';
import { isErased, parseRaw, timeIn } from './raw-line.js';
import { Selection } from './selection.js';
import type { TraceStore } from './trace-store.js';

/** A part of a trace. */
export interface TracePage {
  /** Only lines from before this time; in milliseconds since 1970. */
  readonly before?: number | undefined;
  /** The most lines. */
  readonly limit: number;
}

export interface TraceQuestion extends TracePage {
  readonly subject: TraceSubject;
  /** The thread of a session that is asked about, if it is known. */
  readonly thread_id?: string | undefined;
  /** The connections that are known to carry it now. */
  readonly connections?: readonly string[];
  /** When that thread, or the one that is asked about, was erased: its older lines may wait for their removal. */
  readonly erased_at?: number | undefined;
}

/** The lines of one node, oldest first. */
export interface SearchResult {
  readonly lines: readonly TraceLine[];
  /** Lines about the node itself. */
  readonly node_lines: readonly TraceLine[];
  /** Whether there are older lines. */
  readonly more: boolean;
  /** The thread of the session that was asked about, as far as its lines tell it. */
  readonly thread_id?: string;
}

/** An answer of a node travels as one message. */
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;
const MAX_NODE_LINES = 500;
/** So many lines about the node that come after what is asked about. */
const NODE_LINES_AFTER = 5;

export async function searchTrace(
  store: Pick<TraceStore, 'scan'>,
  question: TraceQuestion,
): Promise<SearchResult> {
  const { subject, thread_id, connections, erased_at, limit } = question;
  const { before = Number.POSITIVE_INFINITY } = question;
  const thread_asked = 'thread_id' in subject ? subject.thread_id : thread_id;
  const erasedAt = (id: string) => (id === thread_asked ? erased_at : undefined);
  const selection = new Selection(subject, thread_id, connections);
  // A user's sessions are named with their user only where they begin.
  if ('user_id' in subject) await store.scan((raw) => selection.take(raw) !== undefined || true);
  const lines: TraceLine[] = [];
  let nodeLines: TraceLine[] = [];
  let bytes = 0;
  let more = false;
  await store.scan((raw) => {
    if (erased_at !== undefined && isErased(raw, erasedAt)) return true;
    const taken = selection.take(raw);
    if (taken === undefined || !(timeIn(raw) < before)) return true;
    const line = parseRaw(raw);
    if (!line) return true;
    if (taken === 'node') {
      nodeLines.push(line);
      if (nodeLines.length > MAX_NODE_LINES) nodeLines.pop();
      return true;
    }
    // Of what came to the node afterwards, only the next lines tell something of it.
    if (lines.length === 0) nodeLines = nodeLines.slice(-NODE_LINES_AFTER);
    bytes += raw.length;
    more = lines.length >= limit || bytes > MAX_ANSWER_BYTES;
    if (!more) lines.push(line);
    return !more;
  });
  const { thread } = selection;
  return {
    lines: lines.reverse(),
    node_lines: nodeLines.reverse(),
    more,
    ...(thread !== undefined && { thread_id: thread }),
  };
}
