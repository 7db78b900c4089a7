/**
 * Takes an event of a socket to its handler: parses it, answers it, and lets no error escape (I11). A handler gets a
 * typed message and returns an answer or a fault.
 */

import { type Fault, fault, type Result, SERVER_EVENTS } from '@session-monitor/protocol';
import type { Socket } from 'socket.io';
import { asError } from '../util/errors.js';
import type { Connection } from './connection.js';

/** A handler's answer; `after` runs once the answer is on its way. */
export interface Answer {
  readonly payload?: object;
  after?(): void;
}

/** Parses and handles one event of a dialect. */
export interface Handler<Message> {
  readonly parse: (payload: unknown) => Result<Message>;
  /** Refuses a message that comes without an acknowledgement function. */
  readonly needsAck?: boolean;
  /** A fault goes out as the `error` event even if there is an acknowledgement: v1 peers look there. */
  readonly announcesFaults?: boolean;
  handle(
    message: Message,
    connection: Connection,
  ): Result<Answer> | undefined | Promise<Result<Answer> | undefined>;
}

/** A handler that hides its message's type. All connections share it. */
export type EventHandler = (
  connection: Connection,
  event: string,
  args: readonly unknown[],
) => void;

type Ack = (answer: object) => void;

/** An event that is being handled. */
interface Exchange {
  readonly connection: Connection;
  readonly event: string;
  readonly ack: Ack | undefined;
  readonly announcesFaults: boolean;
}

export const handler =
  <Message>(own: Handler<Message>): EventHandler =>
  (connection, event, args) =>
    dispatch(connection, event, own, args);

/** The payload of an event; its last argument may be the acknowledgement function. */
export const payloadOf = (args: readonly unknown[]): unknown =>
  typeof args[0] === 'function' ? undefined : args[0];

/** A synchronous answer costs no promise: most events are pings. */
function dispatch<Message>(
  connection: Connection,
  event: string,
  { parse, needsAck, announcesFaults = false, handle }: Handler<Message>,
  args: readonly unknown[],
): void {
  const ack = ackOf(args);
  const exchange = { connection, event, ack, announcesFaults };
  try {
    if (needsAck && !ack) {
      const message = `${event} needs an acknowledgement function as its last argument.`;
      refuseInput(exchange, fault('missing_ack', message));
      return;
    }
    const parsed = parse(payloadOf(args));
    if (!parsed.ok) {
      refuseInput(exchange, parsed.fault);
      return;
    }
    const handled = handle(parsed.value, connection);
    if (handled instanceof Promise) {
      handled
        .then((answered) => answer(exchange, answered))
        .catch((error: unknown) => fail(exchange, error));
    } else answer(exchange, handled);
  } catch (error) {
    fail(exchange, error);
  }
}

function answer(exchange: Exchange, answered: Result<Answer> | undefined): void {
  if (answered && !answered.ok) {
    tellFault(exchange, answered.fault);
    return;
  }
  exchange.ack?.(answered?.value.payload ?? { ok: true });
  answered?.value.after?.();
}

function fail(exchange: Exchange, error: unknown): void {
  const { connection, event } = exchange;
  connection.logger.error({ err: asError(error), event }, 'A handler failed');
  tellFault(exchange, fault('internal', 'The server failed to handle this. Try again.'));
}

function refuseInput(exchange: Exchange, reason: Fault): void {
  exchange.connection.badInput.add(exchange.event, reason);
  tellFault(exchange, reason);
}

function tellFault({ connection, ack, announcesFaults }: Exchange, reason: Fault): void {
  tell(connection.socket, ack, reason);
  if (ack && announcesFaults) tell(connection.socket, undefined, reason);
}

/** Refuses input: the sender gets a coded error, the log one line. */
export function refuse(
  connection: Connection,
  event: string,
  ack: Ack | undefined,
  reason: Fault,
): void {
  connection.badInput.add(event, reason);
  tell(connection.socket, ack, reason);
}

function tell(socket: Socket, ack: Ack | undefined, reason: Fault): void {
  if (ack) ack({ ok: false, error: reason });
  else socket.emit(SERVER_EVENTS.error, reason);
}

/** The acknowledgement function that Socket.IO appends when the sender wants an answer. */
export function ackOf(args: readonly unknown[]): Ack | undefined {
  const last = args.at(-1);
  return typeof last === 'function' ? (last as Ack) : undefined;
}
