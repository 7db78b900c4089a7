/** The query of `/debug/sessions`: which filters there are, and what each of them may be. Pure. */

import {
  type Fault,
  fault,
  LIMITS,
  ok,
  type Result,
  refused,
  THREAD_ID_PATTERN,
} from '@session-monitor/protocol';
import type { SessionFilter } from '@session-monitor/server/internal';
import type { Query } from '../exchange.js';

interface Rule {
  readonly isAllowed: (text: string) => boolean;
  /** What is allowed, in words. */
  readonly allowed: string;
}

const oneOf = (...names: readonly string[]): Rule => ({
  isAllowed: (text) => names.includes(text),
  allowed: `one of ${names.join(', ')}`,
});

const textFrom = (least: number): Rule => ({
  isAllowed: ({ length }) => length >= least && length <= LIMITS.maxUserIdLength,
  allowed: `a text of ${least} to ${LIMITS.maxUserIdLength} characters`,
});

const RULES: Readonly<Record<keyof SessionFilter, Rule>> = {
  thread_id: {
    isAllowed: (text) => THREAD_ID_PATTERN.test(text),
    allowed: '1 to 128 letters, digits, underscores, dots, colons or hyphens',
  },
  user_id: textFrom(1),
  state: oneOf('active', 'idle', 'disconnected'),
  transport: oneOf('polling', 'websocket', 'webtransport'),
  node: textFrom(1),
  protocol: oneOf('1', '2'),
  // A search box may be empty.
  q: textFrom(0),
};

export const FILTERS = Object.keys(RULES) as readonly (keyof SessionFilter)[];

/** Reads the filters of a query. Each is named once. */
export function readFilter(query: Query): Result<SessionFilter> {
  const filter: Record<string, string | number> = {};
  for (const name of FILTERS) {
    const given = query[name];
    if (given === undefined) continue;
    const { isAllowed, allowed } = RULES[name];
    if (typeof given !== 'string' || !isAllowed(given)) {
      const code = name === 'thread_id' ? 'bad_thread_id' : 'bad_request';
      return refused(fault(code, `'${name}' must be ${allowed}.`, { field: name }));
    }
    filter[name] = name === 'protocol' ? Number(given) : given;
  }
  return ok(filter);
}

/** Beside them each route takes the key, if it is taken from the address at all. */
const API_KEY = 'api_key';
/** Names that a refusal may repeat. */
const PLAIN_NAME = /^\w{1,64}$/;

/** The refusal of a query with a parameter that the route does not have: a misspelt filter would show everything. */
export function refuseOthers(query: Query, parameters: readonly string[]): Fault | undefined {
  const other = Object.keys(query).find((name) => name !== API_KEY && !parameters.includes(name));
  if (other === undefined) return undefined;
  const allowed = parameters.length === 0 ? 'none' : parameters.join(', ');
  const message = `The query has a parameter that this route does not take. Allowed: ${allowed}.`;
  return fault('bad_request', message, PLAIN_NAME.test(other) ? { field: other } : {});
}
