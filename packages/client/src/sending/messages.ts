/** Checks an app's messages and events before they are sent. */

import {
  EVENT_NAME_PATTERN,
  excessiveBytes,
  isReservedEvent,
  isRunEvent,
  MAX_SENT_EVENT_BYTES,
  MAX_USER_INPUT_LENGTH,
  MESSAGE_ID_PATTERN,
} from '@session-monitor/protocol';
import type { OutboxMessage } from '../core/outbox.js';
import { SessionMonitorError } from '../errors.js';

/** How `monitor.sendMessage` sends a message. */
export interface SendMessageOptions {
  /** The question's name: however often it is sent, it is asked once. Made up if left out. */
  readonly message_id?: string;
  /** What happens to replies that the thread is producing. Default: `queue`. */
  readonly policy?: OutboxMessage['policy'];
}

/** How `monitor.send` publishes an event. */
export interface SendOptions {
  /** The event's name for the server: however often it is sent, it is published once. Made up if left out. */
  readonly message_id?: string;
}

/** @throws SessionMonitorError ERR_BAD_MESSAGE */
export function checkEvent(event: unknown, data: unknown, { message_id }: SendOptions = {}): void {
  const isName = typeof event === 'string' && EVENT_NAME_PATTERN.test(event);
  if (!isName || isReservedEvent(event) || isRunEvent(event)) {
    throw wrong(
      `event is ${JSON.stringify(event)}. Allowed: 1 to 64 letters, digits, underscores, dots, colons or hyphens, and no name of Socket.IO, of the protocol or of a reply's parts.`,
    );
  }
  checkMessageId(message_id);
  try {
    const text = JSON.stringify(data);
    if (text !== undefined && isSendable(event, text)) return;
  } catch {
    // A circular value, or a number that JSON cannot express.
  }
  throw wrong(`The data of '${event}' is no JSON value of at most ${MAX_SENT_EVENT_BYTES} bytes.`);
}

/** Whether the server takes an event of this size. */
export const isSendable = (event: string, json: string): boolean =>
  excessiveBytes(
    `["${event}",${json}]`,
    (text) => new TextEncoder().encode(text).length,
    MAX_SENT_EVENT_BYTES,
  ) === undefined;

const POLICIES: readonly unknown[] = ['queue', 'reject', 'cancel_previous'];

/** @throws SessionMonitorError ERR_BAD_MESSAGE */
export function checkMessage(user_input: unknown, options: SendMessageOptions): void {
  const max = MAX_USER_INPUT_LENGTH;
  const isText = typeof user_input === 'string' && user_input.trim() !== '';
  if (!isText || user_input.length > max) {
    throw wrong(`A message is a text that is not empty, of at most ${max} characters.`);
  }
  const { message_id, policy } = options;
  checkMessageId(message_id);
  if (policy !== undefined && !POLICIES.includes(policy)) {
    throw wrong(`policy is ${JSON.stringify(policy)}. Allowed: ${POLICIES.join(', ')}.`);
  }
}

function checkMessageId(message_id: string | undefined): void {
  if (message_id === undefined || MESSAGE_ID_PATTERN.test(message_id)) return;
  throw wrong(
    `message_id is ${JSON.stringify(message_id)}. Allowed: 1 to 128 printable ASCII characters, no spaces.`,
  );
}

const wrong = (what: string) => new SessionMonitorError('ERR_BAD_MESSAGE', what);
