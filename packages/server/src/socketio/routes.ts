/**
 * Takes an event of a socket to its handler: chooses the dialect, parses the event, answers it, and lets no error escape
 * (I11). A handler gets a typed message and returns an answer or a fault.
 */

import {
  CLIENT_EVENTS,
  type Fault,
  fault,
  isV2Payload,
  type Result,
  refused,
  SERVER_EVENTS,
} from '@session-monitor/protocol';
import { missingAckFault } from '@session-monitor/protocol/rules';
import { cellOf } from '../observe/metrics/counter.js';
import type { Counters } from '../observe/metrics/metrics.js';
import { asError } from '../util/errors.js';
import * as v1 from '../v1/dialect.js';
import type { Connection } from './connection.js';
import type { Answer, DialectDeps, Handler } from './dialect.js';
import { threadSend } from './thread-send.js';
import * as v2 from './v2.js';

/** The handlers of an event. Of an event that both dialects have, the payload selects one. */
interface Route {
  readonly v1?: Handler;
  readonly v2?: Handler;
}

type ClientEvent = (typeof CLIENT_EVENTS)[keyof typeof CLIENT_EVENTS];

const ROUTES: Readonly<Record<ClientEvent, Route>> = {
  [CLIENT_EVENTS.registerSession]: { v1: v1.registerSession, v2: v2.registerSession },
  [CLIENT_EVENTS.ping]: { v1: v1.ping, v2: v2.ping },
  [CLIENT_EVENTS.systemPingResponse]: { v2: v2.systemPingResponse },
  [CLIENT_EVENTS.leaveSession]: { v2: v2.leaveSession },
  [CLIENT_EVENTS.threadResume]: { v2: v2.threadResume },
  [CLIENT_EVENTS.threadAck]: { v2: v2.threadAck },
  [CLIENT_EVENTS.threadSend]: { v2: threadSend },
  [CLIENT_EVENTS.requestMissedMessages]: { v1: v1.requestMissedMessages },
  [CLIENT_EVENTS.forceRoomJoin]: { v1: v1.forceRoomJoin },
  [CLIENT_EVENTS.debugSocketStatus]: { v1: v1.debugSocketStatus },
};

/** The events that have a route. */
export const ROUTED_EVENTS: readonly string[] = Object.keys(ROUTES);

export const hasRoute = (event: string): event is ClientEvent => Object.hasOwn(ROUTES, event);

/** Refuses an event without a route. */
const unknownEvent: Handler = {
  parse: () => refused(unknownEventFault),
  handle: () => undefined,
};

type Ack = (answer: object) => void;

/** An event that is being handled. */
interface Exchange {
  readonly connection: Connection;
  readonly event: string;
  /** The function that Socket.IO appends when the sender wants an answer. */
  readonly ack: Ack | undefined;
  readonly handler: Handler;
  readonly counters: Counters;
}

/** Handles one event of a connection. A synchronous answer costs no promise: most events are pings. */
export function route(
  deps: DialectDeps,
  connection: Connection,
  event: string,
  args: readonly unknown[],
): void {
  const last = args.at(-1);
  const ack = typeof last === 'function' ? (last as Ack) : undefined;
  const payload = typeof args[0] === 'function' ? undefined : args[0];
  const handler = handlerOf(event, payload);
  const { counters } = deps.metrics;
  const exchange = { connection, event, ack, handler, counters };
  try {
    const isMissingAck = handler.needsAck && !ack;
    const message = isMissingAck ? refused(missingAckFault(event)) : handler.parse(payload);
    if (!message.ok) {
      refuseInput(exchange, message.fault);
      return;
    }
    const handled = handler.handle(message.value, connection, deps);
    if (handled instanceof Promise) {
      handled
        .then((result) => answer(exchange, result))
        .catch((error: unknown) => fail(exchange, error));
    } else answer(exchange, handled);
  } catch (error) {
    fail(exchange, error);
  }
}

function handlerOf(event: string, payload: unknown): Handler {
  const { v1, v2 }: Route = hasRoute(event) ? ROUTES[event] : {};
  return (isV2Payload(event, payload) ? v2 : v1) ?? v2 ?? unknownEvent;
}

function answer(exchange: Exchange, result: Result<Answer> | undefined): void {
  if (result && !result.ok) {
    tellFault(exchange, result.fault);
    return;
  }
  exchange.ack?.(result?.value.payload ?? { ok: true });
  result?.value.after?.();
}

function fail(exchange: Exchange, error: unknown): void {
  const { connection, event } = exchange;
  connection.logger.error({ err: asError(error), event }, 'A handler failed');
  tellFault(exchange, fault('internal', 'The server failed to handle this. Try again.'));
}

/** Refuses input: the sender gets a coded error, the log one line. */
function refuseInput(exchange: Exchange, reason: Fault): void {
  exchange.connection.badInput.add(exchange.event.slice(0, MAX_TRACED_NAME), reason);
  tellFault(exchange, reason);
}

function tellFault(exchange: Exchange, reason: Fault): void {
  const { connection, ack, handler } = exchange;
  countRefusal(exchange, reason);
  ack?.({ ok: false, error: reason });
  if (!ack || handler.announcesFaults) connection.socket.emit(SERVER_EVENTS.error, reason);
}

function countRefusal({ counters, event }: Exchange, { code }: Fault): void {
  cellOf(counters.refusals_total.socket, code).value += 1;
  if (event !== CLIENT_EVENTS.registerSession && event !== CLIENT_EVENTS.forceRoomJoin) return;
  cellOf(counters.registrations_refused_total, code).value += 1;
}

/** Longer than the name of any route. */
const MAX_TRACED_NAME = 64;

const unknownEventFault = fault(
  'unknown_event',
  `This server does not know this event. It knows: ${ROUTED_EVENTS.join(', ')}.`,
);
