/** Turns an app's message into the request for a run. */

import { type PostMessage, parsePostMessage } from '@session-monitor/protocol';
import { ServerError } from '../util/errors.js';
import type { RunRequest } from './run-id.js';

/** How a message is named, queued and attributed. */
export interface MessageOptions {
  /** The sender's id for the message. A message sent again under it gets the existing run (I8). */
  readonly message_id?: string;
  /** What to do with the unfinished replies on the thread. Default: `queue`. */
  readonly policy?: PostMessage['policy'];
  /** The user that sent the message, as `authorize` would name it. Default: null. */
  readonly user_id?: string | null;
}

/** The message that a run replies to. */
export interface RunMessage extends MessageOptions {
  /** The user's text; 1 to 65,536 characters. */
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
    thread_id,
    user_input: message,
    user_id,
    publish: true,
    ...(message_id !== undefined && { message_id }),
    ...(policy && { policy }),
  };
}
