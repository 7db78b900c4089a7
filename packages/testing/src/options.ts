/** The options of a fake server, and those of its refusals. */

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
  /** How questions are answered; see `reply`. Default: the question, repeated. */
  readonly reply?: Reply;
  /** Milliseconds that each message takes, in either direction. Default: 0, which takes no time at all. */
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
 * The fault of a refusal, with its options checked.
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
  return fault(code, `The test made the fake server refuse this: ${code}.`, details);
}
