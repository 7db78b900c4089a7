/** What a fake server can be told when it is made, and of what it refuses. */

import {
  FAULT_CODES,
  type Fault,
  type FaultCode,
  fault,
  type Transport,
} from '@session-monitor/protocol';
import { badArgument, checkMs } from './checks.js';
import type { FakeClock } from './fake-clock.js';
import type { RequestKind } from './refusals.js';
import type { Reply } from './reply.js';

/** An event to publish: its name, and any JSON value. */
export type TestEvent = readonly [event: string, data: unknown];

/** How the fake server behaves. */
export interface FakeServerOptions {
  /** Virtual time; its monitors must have the same clock. Default: real time, or the test runner's fake timers. */
  readonly clock?: FakeClock;
  /** What threads hold at first. */
  readonly threads?: Readonly<Record<string, readonly TestEvent[]>>;
  /** How questions are answered; see `reply`. Default: what was asked, said again. */
  readonly reply?: Reply;
  /** Milliseconds that everything is under way, in either direction. Default: 0, which takes no time at all. */
  readonly latencyMs?: number;
  /** What the sockets are connected by. Default: `websocket`. */
  readonly transport?: Transport;
  /** Another seed is other ids, cursors and secrets. Default: 1. */
  readonly seed?: number;
}

/** How often, and which requests, the fake server refuses. */
export interface RefuseOptions {
  /** What is refused: to be registered, to go on after a hole, an event that is sent, a question. Default: `register`. */
  readonly request?: RequestKind;
  /** How often. Default: once. */
  readonly times?: number;
  /** When to ask again, in milliseconds. */
  readonly retryAfterMs?: number;
}

const TRANSPORTS: readonly Transport[] = ['polling', 'websocket', 'webtransport', 'sse'];

/** @throws TestingError ERR_BAD_ARGUMENT */
export function checkServerOptions(options: FakeServerOptions): void {
  const { latencyMs = 0, transport = 'websocket' } = options;
  checkMs('latencyMs', latencyMs);
  if (TRANSPORTS.includes(transport)) return;
  throw badArgument(`transport is '${transport}'. Allowed: ${TRANSPORTS.join(', ')}.`);
}

/**
 * What is refused, as often as it is to be.
 *
 * @throws TestingError ERR_BAD_ARGUMENT
 */
export function faultToGive(code: FaultCode, { times = 1, retryAfterMs }: RefuseOptions): Fault {
  if (!FAULT_CODES.includes(code)) {
    throw badArgument(`'${code}' is no code of a fault. Known are: ${FAULT_CODES.join(', ')}.`);
  }
  if (!(times >= 1)) throw badArgument(`times is ${String(times)}. Allowed: 1 or more.`);
  if (retryAfterMs !== undefined) checkMs('retryAfterMs', retryAfterMs);
  const details = retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs };
  return fault(code, `The fake server was told to refuse this: ${code}.`, details);
}
