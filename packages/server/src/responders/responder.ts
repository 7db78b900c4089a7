/** The plug that produces a reply. */

import type { Json } from '@session-monitor/protocol';

export interface ResponderRequest {
  readonly run_id: string;
  readonly thread_id: string;
  readonly user_input: string;
  readonly user_id: string | null;
}

export interface ResponderContext {
  /** Aborted when the run is cancelled: stop soon. */
  readonly signal: AbortSignal;
}

/**
 * One part of a reply. `message` carries a stretch of the reply's text in `delta`; the others carry
 * what they like. What is yielded is published as it is, with `run_id` and `thread_id` added.
 */
export interface Part {
  readonly type: 'analysis' | 'knowledge' | 'next_action' | 'message';
  readonly [field: string]: Json;
}

/** Produces the parts of one reply, in order. Ends normally when the reply is complete. */
export type Responder = (
  request: ResponderRequest,
  context: ResponderContext,
) => AsyncIterable<Part>;
