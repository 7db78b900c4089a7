/** Run ids: a repeated post finds the run that the first one started (I8). */

import { createHash } from 'node:crypto';
import type { PostMessage } from '@session-monitor/protocol';
import type { MessageSpan } from '../observe/tracing/message-span.js';
import type { Responder } from '../responders/responder.js';

/** 128 bits. */
const RUN_ID_LENGTH = 22;

/** A request for a run. */
export interface RunRequest {
  readonly thread_id: string;
  readonly user_input: string;
  readonly user_id: string | null;
  /** The requester's address, for the log. */
  readonly address?: string | undefined;
  /** Owner of a thread that has none; null for none. Default: `user_id`. */
  readonly owner?: string | null;
  /** Whether the parts go to the thread; else they go to a private log of the run. */
  readonly publish: boolean;
  /** The sender's id for this message: it starts one run, however often it is sent. */
  readonly message_id?: string;
  /** What to do with the thread's unfinished runs. Default: `queue`. */
  readonly policy?: PostMessage['policy'];
  /** Produces the reply in place of the server's responder. */
  readonly responder?: Responder;
  /** Absent while nothing is traced by OpenTelemetry. */
  readonly span?: MessageSpan | undefined;
}

/**
 * The run id of a message. It is derived, so that any node, and the next process, finds the run of a repeated post by
 * its id alone. The store uses an id once.
 */
export const runIdOf = (thread_id: string, message_id: string): string =>
  digest(['run', thread_id, message_id]);

/** Tells different messages under one message id apart. The policy is not part of the message. */
export const fingerprintOf = ({ user_input, user_id, publish }: RunRequest): string =>
  digest(['question', user_input, user_id, publish]);

const digest = (parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, RUN_ID_LENGTH);
