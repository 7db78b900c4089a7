/** A program's message as the request for a run. */

import { type PostMessage, parsePostMessage } from '@session-monitor/protocol';
import { ServerError } from '../util/errors.js';
import type { RunRequest } from './run-id.js';

/** How a message is named, queued and attributed. */
export interface MessageOptions {
  /** The sender's name for the message: sent again under it, it attaches to the run that there is (I8). */
  readonly message_id?: string;
  /** What becomes of the replies that are being produced on the thread. Default: `queue`. */
  readonly policy?: PostMessage['policy'];
  /** Who the message is of, as `authorize` would say. Default: null. */
  readonly user_id?: string | null;
}

/** The message that a run replies to. */
export interface RunMessage extends MessageOptions {
  /** What the user has said; 1 to 65,536 characters. */
  readonly message: string;
}

/** @throws ServerError ERR_BAD_MESSAGE */
export function messageRequest(
  thread_id: string,
  message: string,
  { message_id, policy, user_id = null }: MessageOptions,
): RunRequest {
  const parsed = parsePostMessage({ thread_id, user_input: message, message_id, policy, user_id });
  if (!parsed.ok) {
    const problem = parsed.fault.message.replace("'user_input'", "'message'");
    throw new ServerError('ERR_BAD_MESSAGE', problem, { fault: parsed.fault });
  }
  return {
    ...{ thread_id, user_input: message, user_id, publish: true },
    ...(message_id !== undefined && { message_id }),
    ...(policy && { policy }),
  };
}
