/** Names of runs: how one post finds the run that an earlier one has started (I8). */

import { createHash } from 'node:crypto';
import type { PostMessage } from '@session-monitor/protocol';
import type { Responder } from '../responders/responder.js';

/** 128 bits. */
const RUN_ID_LENGTH = 22;

/** What a run is asked for. */
export interface RunRequest {
  readonly thread_id: string;
  readonly user_input: string;
  readonly user_id: string | null;
  /** Where it was asked from, for the log. */
  readonly address?: string | undefined;
  /** Owner of a thread that has none; null for none. Default: `user_id`. */
  readonly owner?: string | null;
  /** Publish the parts to the thread; else they go to a log of the run's own. */
  readonly publish: boolean;
  /** The sender's name for this message: however often it is asked, it starts one run. */
  readonly message_id?: string;
  /** What becomes of the runs that there are. Default: `queue`. */
  readonly policy?: PostMessage['policy'];
  /** What produces the reply in place of the server's responder. */
  readonly responder?: Responder;
}

/**
 * The run of a message. Derived, so that any node, and the next process, finds the run of a repeated post
 * by its id alone; the store uses an id once.
 */
export const runIdOf = (thread_id: string, message_id: string): string =>
  digest(['run', thread_id, message_id]);

/** Tells apart what is asked under one message id. How to queue is not part of the message. */
export const fingerprintOf = ({ user_input, user_id, publish }: RunRequest): string =>
  digest(['question', user_input, user_id, publish]);

const digest = (parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, RUN_ID_LENGTH);
