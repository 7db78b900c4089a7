/** The plug that produces a reply. */

import type { Json } from '@session-monitor/protocol';
import type { HistoryOptions, Turn } from '../threads/history.js';

/** The message that a responder replies to. */
export interface ResponderRequest {
  readonly run_id: string;
  readonly thread_id: string;
  readonly user_input: string;
  readonly user_id: string | null;
}

/** What a responder can ask and has to look at. */
export interface ResponderContext {
  /** Aborted when the run is cancelled, or the server stops: stop soon. */
  readonly signal: AbortSignal;
  readonly thread: ResponderThread;
  readonly run: ResponderRun;
}

/** The thread that a responder replies on. */
export interface ResponderThread {
  readonly thread_id: string;
  /**
   * What was said on the thread before this message, oldest first, as far as it was published there: the
   * newest turns that have room. Default: 16 KiB of text.
   */
  history(options?: HistoryOptions): Promise<readonly Turn[]>;
}

/** The run that a responder produces. */
export interface ResponderRun {
  readonly run_id: string;
  /** When it was asked; milliseconds since 1970. */
  readonly started_at: number;
}

/**
 * One part of a reply. `message` carries the next text of the reply in `delta`; the others carry
 * what they like. What is yielded is published as it is, with `run_id` and `thread_id` added.
 */
export interface Part {
  readonly type: 'analysis' | 'knowledge' | 'next_action' | 'message';
  readonly [field: string]: Json;
}

/**
 * Produces the parts of one reply, in order; a string is a `message` part with that text. Ends normally when the reply is complete; a generator that
 * returns `{ usage }` (a small JSON object) has that in the terminal part.
 */
export type Responder = (
  request: ResponderRequest,
  context: ResponderContext,
) => AsyncIterable<Part | string>;

/** Produces the reply of one run: what `sessions.run()` is given. */
export type Producer = (context: ResponderContext) => AsyncIterable<Part | string>;

/**
 * What a responder throws to say why its reply fails: code and message stand in the terminal part, for
 * everybody on the thread. Anything else that it throws is `responder_failed` to them, and is logged.
 */
export class ResponderError extends Error {
  override readonly name = 'ResponderError';
  readonly code: string;

  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
