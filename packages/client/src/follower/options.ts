/** The options of a monitor, and their defaults. */

import { DEFAULT_PING_INTERVAL_MS, type Since, THREAD_ID_PATTERN } from '@session-monitor/protocol';
import { TOKEN_RETRIES } from '../core/backoff.js';
import type { Settings } from '../core/state.js';
import { SessionMonitorError } from '../errors.js';
import type { Fetch } from '../platform/environment.js';
import type { SessionStorage } from '../platform/storage.js';

/** Options that travel on the wire keep the wire's names. */
export interface SessionMonitorOptions {
  /** The conversation to follow; may be given to `start` instead. */
  readonly thread_id?: string;
  /** The user's id, for the server's `authorize` and for display. */
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
   * Where the app's saved state of `thread_id` ends: `monitor.checkpoint()` as it was then. The server checks it,
   * which it cannot do with an offset: `gap` reports events that are no longer kept, and `reset` reports another
   * log. Outranks `since`.
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
  /**
   * Whether an operator of the server may ask for a report: `'on-request'` sends one then, as `report()` does. Default:
   * `'manual'`, only the app itself sends reports.
   */
  readonly diagnostics?: 'manual' | 'on-request';
  /**
   * Where the server's HTTP routes are, for `sendMessage` and `cancel`. Default: where the server says that it has
   * mounted them, on the origin that the socket connects to.
   */
  readonly url?: string;
  /** What sends them. Default: the platform's `fetch`. */
  readonly fetch?: Fetch;
}

/** The next step for an app whose monitor has failed. */
const START_AGAIN = 'Call monitor.start() to try again';
const WITH_TOKEN = `${START_AGAIN} with a fresh token.`;
const WITHOUT_TOKEN = `${START_AGAIN}. A function as the option 'token' can fetch a fresh token.`;

/** The options as the core uses them. */
export function settingsOf(options: SessionMonitorOptions): Settings {
  const { pingInterval = DEFAULT_PING_INTERVAL_MS, since = 'start', user_id = null } = options;
  const canRefresh = typeof options.token === 'function';
  return {
    pingIntervalMs: pingInterval,
    since,
    user_id,
    tokenRetries: canRefresh ? TOKEN_RETRIES : 0,
    wayOn: canRefresh ? WITH_TOKEN : WITHOUT_TOKEN,
  };
}

interface Rule {
  readonly allowed: string;
  /** Of a value that is there. */
  readonly admits: (value: unknown, options: SessionMonitorOptions) => boolean;
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isFlag = (value: unknown): boolean => typeof value === 'boolean';
const isFunction = (value: unknown): boolean => typeof value === 'function';
/** The longest wait of a timer: browsers and Node end a longer one at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const RULES: Readonly<Record<keyof SessionMonitorOptions, Rule>> = {
  thread_id: { allowed: 'a string', admits: isText },
  user_id: { allowed: 'a string', admits: (value) => value === null || isText(value) },
  pingInterval: {
    allowed: 'a number of milliseconds above 0, at most 2,147,483,647',
    admits: (value) => typeof value === 'number' && value > 0 && value <= MAX_TIMER_MS,
  },
  debug: { allowed: 'true or false', admits: isFlag },
  since: {
    allowed: "'start', 'now' or an offset of at least 0",
    admits: (value) =>
      value === 'start' || value === 'now' || (Number.isSafeInteger(value) && Number(value) >= 0),
  },
  cursor: {
    allowed: 'a cursor that a monitor gave, together with thread_id',
    admits: (value, { thread_id }) => isText(value) && thread_id !== undefined,
  },
  token: {
    allowed: 'a string, or a function that returns one or a promise of one',
    admits: (value) => isText(value) || isFunction(value),
  },
  storage: {
    allowed: 'an object with getItem and setItem, as sessionStorage is, or null',
    admits: (value) =>
      value === null ||
      (isFunction((value as Partial<SessionStorage>).getItem) &&
        isFunction((value as Partial<SessionStorage>).setItem)),
  },
  activity: { allowed: 'true or false', admits: isFlag },
  diagnostics: {
    allowed: "'manual' or 'on-request'",
    admits: (value) => value === 'manual' || value === 'on-request',
  },
  url: { allowed: 'a URL, as a string', admits: isText },
  fetch: { allowed: "a function like the platform's fetch", admits: isFunction },
};

/**
 * Warns about each unknown name once: a later version may know it.
 *
 * @throws SessionMonitorError ERR_BAD_OPTION, with the option's name and what is allowed; ERR_BAD_THREAD_ID
 */
export function checkOptions(options: SessionMonitorOptions): void {
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(RULES, name) && RULES[name as keyof SessionMonitorOptions];
    // A mistake of an app that is being written: what suggests the right name is loaded for it.
    if (!rule) {
      void import('./unknown-names.js').then((names) =>
        names.warnOfUnknownName(name, Object.keys(RULES)),
      );
    } else if (value !== undefined && !rule.admits(value, options)) {
      throw badOption(name, value, rule.allowed);
    }
  }
  if (options.thread_id !== undefined) checkThreadId(options.thread_id);
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
