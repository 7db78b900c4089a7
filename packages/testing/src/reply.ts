/** How a test describes replies: the parts of one, as the real server's responders yield them. */

import type { Json } from '@session-monitor/protocol';
import { RESPONDER_FAILED, type RunError } from '@session-monitor/protocol/rules';
import { badArgument, checkMs } from './checks.js';

/** One part: `message` carries the next text of the reply in `delta`, the others what they like. */
export interface ReplyPart {
  readonly type: 'analysis' | 'knowledge' | 'next_action' | 'message';
  readonly [field: string]: Json;
}

/** What was asked. */
export interface ReplyRequest {
  readonly run_id: string;
  readonly thread_id: string;
  readonly user_input: string;
  readonly user_id: string | null;
}

/**
 * The parts of every reply, or what makes them of a question. A generator that throws ends the reply as
 * `failed`: with the error's `code` and message if it has a `code`, else as `responder_failed`.
 */
export type Reply =
  | readonly ReplyPart[]
  | ((
      request: ReplyRequest,
      context: { readonly signal: AbortSignal },
    ) => AsyncIterable<ReplyPart> | Iterable<ReplyPart>);

/** What a reply of the fake server consists of. */
export interface ReplyOptions {
  /** Milliseconds between two parts. Default: 0. */
  readonly everyMs?: number;
}

/** The default: repeats the question. */
export const ECHO: Reply = ({ user_input }) => [{ type: 'message', delta: user_input }];

/** @throws TestingError ERR_BAD_ARGUMENT */
export function checkReply(reply: Reply, { everyMs = 0 }: ReplyOptions): void {
  checkMs('everyMs', everyMs);
  if (typeof reply === 'function' || Array.isArray(reply)) return;
  throw badArgument('A reply is an array of parts, or a function that makes them of a question.');
}

/** The error that the thread gets for a reply that has thrown. */
export function errorOf(failure: unknown): RunError {
  const { code, message } = (failure ?? {}) as {
    readonly code?: unknown;
    readonly message?: unknown;
  };
  return typeof code === 'string' ? { code, message: String(message) } : RESPONDER_FAILED;
}
