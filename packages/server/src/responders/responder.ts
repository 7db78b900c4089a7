/** The interface of a responder, which produces replies. */

import type { Json } from '@session-monitor/protocol';
import type { HistoryOptions, Turn } from '../threads/history.js';

/** The message that a responder replies to. */
export interface ResponderRequest {
  readonly run_id: string;
  readonly thread_id: string;
  readonly user_input: string;
  readonly user_id: string | null;
}

/** What a responder can use, and the signal that it must watch. */
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
   * The published conversation on the thread before this message, oldest first: the newest turns that fit. The default
   * is 16 KiB of text.
   */
  history(options?: HistoryOptions): Promise<readonly Turn[]>;
}

/** The run that a responder produces. */
export interface ResponderRun {
  readonly run_id: string;
  /** When it was requested; milliseconds since 1970. */
  readonly started_at: number;
}

/**
 * One part of a reply. `message` carries the next text of the reply in `delta`; the others carry any fields. A part is
 * published as it is, with `run_id` and `thread_id` added.
 */
export interface Part {
  readonly type: 'analysis' | 'knowledge' | 'next_action' | 'message';
  readonly [field: string]: Json;
}

/**
 * Produces the parts of one reply, in order; a string is a `message` part with that text. Ends normally when the reply
 * is complete. If a generator returns `{ usage }` (a small JSON object), the terminal part carries it.
 */
export type Responder = (
  request: ResponderRequest,
  context: ResponderContext,
) => AsyncIterable<Part | string>;

/** Produces the reply of one run: the argument of `sessions.run()`. */
export type Producer = (context: ResponderContext) => AsyncIterable<Part | string>;

/**
 * A responder throws this to say why its reply fails: the terminal part carries code and message to all subscribers of
 * the thread. They see any other error as `responder_failed`, and the server logs it.
 */
export class ResponderError extends Error {
  override readonly name = 'ResponderError';
  readonly code: string;

  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Whether a responder has said why it fails. By its name: an app may have the class from another copy of this package.
 */
export const isResponderError = (value: unknown): value is ResponderError =>
  value instanceof Error &&
  value.name === 'ResponderError' &&
  typeof (value as { code?: unknown }).code === 'string';
