/**
 * How an event from a socket reaches its handler: parsed, answered, and never able to throw out of
 * the socket (I11). A handler gets a typed message and returns what to answer, or a fault.
 */

import { type Fault, fault, type Result, SERVER_EVENTS } from '@session-monitor/protocol';
import type { Socket } from 'socket.io';
import { asError } from '../errors.js';
import type { Connection } from './connection.js';

/** What a handler answers; `after` runs once the answer is on its way. */
export interface Answer {
  readonly payload?: object;
  after?(): void;
}

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

/** A handler whose message's type is its own affair. One for all connections: there are many of those. */
export type EventHandler = (
  connection: Connection,
  event: string,
  args: readonly unknown[],
) => Promise<void>;

type Ack = (answer: object) => void;

export const handler =
  <Message>(own: Handler<Message>): EventHandler =>
  (connection, event, args) =>
    dispatch(connection, event, own, args);

/** What an event carries; its last argument may be the acknowledgement function. */
export const payloadOf = (args: readonly unknown[]): unknown =>
  typeof args[0] === 'function' ? undefined : args[0];

async function dispatch<Message>(
  connection: Connection,
  event: string,
  { parse, needsAck, announcesFaults, handle }: Handler<Message>,
  args: readonly unknown[],
): Promise<void> {
  const ack = ackOf(args);
  const tellFault = (reason: Fault) => {
    tell(connection.socket, ack, reason);
    if (ack && announcesFaults) tell(connection.socket, undefined, reason);
  };
  const refuseInput = (reason: Fault) => {
    connection.badInput.add(event, reason);
    tellFault(reason);
  };
  try {
    if (needsAck && !ack) {
      const message = `${event} needs an acknowledgement function as its last argument.`;
      return refuseInput(fault('missing_ack', message));
    }
    const parsed = parse(payloadOf(args));
    if (!parsed.ok) return refuseInput(parsed.fault);
    const handled = handle(parsed.value, connection);
    const answered = handled instanceof Promise ? await handled : handled;
    if (answered && !answered.ok) return tellFault(answered.fault);
    ack?.(answered?.value.payload ?? { ok: true });
    answered?.value.after?.();
  } catch (error) {
    connection.logger.error({ err: asError(error), event }, 'A handler failed');
    tellFault(fault('internal', 'The server failed to handle this. Try again.'));
  }
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
