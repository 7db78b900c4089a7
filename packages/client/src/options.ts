/** What a monitor can be told, and what it does when told nothing. */

import {
  EVENT_NAME_PATTERN,
  isReservedEvent,
  isRunEvent,
  LIMITS,
  MESSAGE_ID_PATTERN,
  type Since,
  THREAD_ID_PATTERN,
} from '@session-monitor/protocol';
import type { Outgoing } from './core/outbox.js';
import { SessionMonitorError } from './errors.js';
import type { Fetch } from './sending/http.js';
import type { SessionStorage } from './storage.js';

/** Options that travel on the wire keep the wire's names. */
export interface SessionMonitorOptions {
  /** The conversation to follow; may be given to `start` instead. */
  readonly thread_id?: string;
  /** Who the user is, for the server's `authorize` and for display. */
  readonly user_id?: string;
  /** Milliseconds between pings; the server may ask for more frequent ones. Default 15,000. */
  readonly pingInterval?: number;
  /** Log to the console what happens. Default false. */
  readonly debug?: boolean;
  /**
   * Where a monitor without history begins: with the first event that the server keeps ('start', the
   * default), with the next one ('now'), or after an offset.
   */
  readonly since?: Since;
  /**
   * Where the state ends that the app has saved of `thread_id`: `monitor.checkpoint()` as it was then. The server
   * checks it, which it cannot do with an offset: what is no longer kept is told by `gap`, and that the log
   * is another one by `reset`. Outranks `since`.
   */
  readonly cursor?: string;
  /** A token for the server's `authorize`, or how to get one; asked for before each registration. */
  readonly token?: string | (() => string | Promise<string>);
  /**
   * Where the session's id and secret are kept so that a reload finds the session again. Default:
   * `sessionStorage` where there is one. `null` keeps nothing.
   */
  readonly storage?: SessionStorage | null;
  /** Tell the server with each ping whether the page is visible, online and in use. Default true. */
  readonly activity?: boolean;
  /** Where the server's HTTP routes are, for `sendMessage` and `cancel`. Default: where the socket connects to. */
  readonly url?: string;
  /** What sends them. Default: the platform's `fetch`. */
  readonly fetch?: Fetch;
}

export interface SendMessageOptions {
  /** The question's name: however often it is sent, it is asked once. Made up if left out. */
  readonly message_id?: string;
  /** What becomes of the replies that are being produced on the thread. Default: `queue`. */
  readonly policy?: Outgoing['policy'];
}

/** Below the 20 to 30 s after which mobile networks and proxies drop a silent connection. */
const DEFAULT_PING_INTERVAL_MS = 15_000;

export interface CheckedOptions {
  readonly pingIntervalMs: number;
  readonly since: Since;
  readonly user_id: string | null;
}

/** @throws SessionMonitorError ERR_BAD_OPTION, with the option's name and what is allowed */
export function checkOptions(options: SessionMonitorOptions): CheckedOptions {
  const { pingInterval = DEFAULT_PING_INTERVAL_MS, since = 'start', user_id = null } = options;
  if (!(Number.isFinite(pingInterval) && pingInterval > 0)) {
    throw badOption('pingInterval', pingInterval, 'a number of milliseconds above 0');
  }
  const isOffset = Number.isSafeInteger(since) && Number(since) >= 0;
  if (since !== 'start' && since !== 'now' && !isOffset) {
    throw badOption('since', since, "'start', 'now' or an offset of at least 0");
  }
  const { cursor, thread_id } = options;
  const isCursor = typeof cursor === 'string' && thread_id !== undefined;
  if (cursor !== undefined && !isCursor) {
    throw badOption('cursor', cursor, 'a cursor that a monitor gave, together with thread_id');
  }
  if (user_id !== null && typeof user_id !== 'string') {
    throw badOption('user_id', user_id, 'a string');
  }
  return { pingIntervalMs: pingInterval, since, user_id };
}

export interface SendOptions {
  /** The event's name for the server: however often it is sent, it is published once. Made up if left out. */
  readonly message_id?: string;
}

/** @throws SessionMonitorError ERR_BAD_MESSAGE */
export function checkEvent(event: unknown, data: unknown, { message_id }: SendOptions = {}): void {
  const wrong = (what: string) => new SessionMonitorError('ERR_BAD_MESSAGE', what);
  const isName = typeof event === 'string' && EVENT_NAME_PATTERN.test(event);
  if (!isName || isReservedEvent(event) || isRunEvent(event)) {
    throw wrong(
      `event is ${JSON.stringify(event)}. Allowed: 1 to 64 letters, digits, underscores, dots, colons or hyphens, and no name of Socket.IO, of the protocol or of a reply's parts.`,
    );
  }
  if (message_id !== undefined && !MESSAGE_ID_PATTERN.test(message_id)) {
    throw wrong(
      `message_id is ${JSON.stringify(message_id)}. Allowed: 1 to 128 printable ASCII characters, no spaces.`,
    );
  }
  try {
    const text = JSON.stringify(data);
    if (text !== undefined && text.length <= LIMITS.maxEventBytes) return;
  } catch {
    // A circle, or a number that JSON has no word for.
  }
  throw wrong(`The data of '${event}' is no JSON value of at most ${LIMITS.maxEventBytes} bytes.`);
}

const POLICIES: readonly unknown[] = ['queue', 'reject', 'cancel_previous'];

/** @throws SessionMonitorError ERR_BAD_MESSAGE */
export function checkQuestion(user_input: unknown, options: SendMessageOptions): void {
  const max = LIMITS.maxUserInputLength;
  const isText = typeof user_input === 'string' && user_input.trim() !== '';
  if (!isText || user_input.length > max) {
    const message = `A question is a text that is not empty, of at most ${max} characters.`;
    throw new SessionMonitorError('ERR_BAD_MESSAGE', message);
  }
  const { message_id, policy } = options;
  if (message_id !== undefined && !MESSAGE_ID_PATTERN.test(message_id)) {
    const message = `message_id is ${JSON.stringify(message_id)}. Allowed: 1 to 128 printable ASCII characters, no spaces.`;
    throw new SessionMonitorError('ERR_BAD_MESSAGE', message);
  }
  if (policy !== undefined && !POLICIES.includes(policy)) {
    const message = `policy is ${JSON.stringify(policy)}. Allowed: ${POLICIES.join(', ')}.`;
    throw new SessionMonitorError('ERR_BAD_MESSAGE', message);
  }
}

const badOption = (name: string, value: unknown, allowed: string): SessionMonitorError =>
  new SessionMonitorError(
    'ERR_BAD_OPTION',
    `Option '${name}' is ${String(value)}. Allowed: ${allowed}.`,
  );

/** @throws SessionMonitorError ERR_BAD_THREAD_ID */
export function checkThreadId(thread_id: string): void {
  if (typeof thread_id === 'string' && THREAD_ID_PATTERN.test(thread_id)) return;
  throw new SessionMonitorError(
    'ERR_BAD_THREAD_ID',
    `thread_id is ${JSON.stringify(thread_id)}. Allowed: 1 to 128 letters, digits, underscores, dots, colons or hyphens.`,
  );
}
