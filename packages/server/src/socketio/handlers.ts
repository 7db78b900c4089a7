/**
 * How an event from a socket reaches its handler: parsed, answered, and never able to throw out of
 * the socket (I11). A handler gets a typed message and returns what to answer, or a fault.
 */

import { type Fault, fault, type Result, SERVER_EVENTS } from '@session-monitor/protocol';
import type { Socket } from 'socket.io';
import { asError } from '../errors.js';
import type { Logger } from '../observe/trace.js';

/** What a handler answers; `after` runs once the answer is on its way. */
export interface Answer {
  readonly payload: object;
  after?(): void;
}

export interface Handler<Message> {
  readonly event: string;
  readonly parse: (payload: unknown) => Result<Message>;
  /** Refuses a message that comes without an acknowledgement function. */
  readonly needsAck: boolean;
  handle(message: Message): Result<Answer> | undefined | Promise<Result<Answer>>;
}

export interface HandlerContext {
  readonly socket: Socket;
  readonly logger: Logger;
  /** Told of input that was refused. */
  readonly onBadInput: (event: string, reason: Fault) => void;
}

type Ack = (answer: object) => void;

/** Listens for one event of a socket. */
export function on<Message>(context: HandlerContext, handler: Handler<Message>): void {
  context.socket.on(handler.event, (...args: unknown[]) => {
    void dispatch(context, handler, args);
  });
}

async function dispatch<Message>(
  context: HandlerContext,
  handler: Handler<Message>,
  args: readonly unknown[],
): Promise<void> {
  const ack = ackOf(args);
  try {
    if (handler.needsAck && !ack) {
      const message = `${handler.event} needs an acknowledgement function as its last argument.`;
      return refuse(context, handler.event, undefined, fault('missing_ack', message));
    }
    const parsed = handler.parse(typeof args[0] === 'function' ? undefined : args[0]);
    if (!parsed.ok) return refuse(context, handler.event, ack, parsed.fault);
    const handled = handler.handle(parsed.value);
    const answered = handled instanceof Promise ? await handled : handled;
    if (answered && !answered.ok) return tell(context.socket, ack, answered.fault);
    ack?.(answered?.value.payload ?? { ok: true });
    answered?.value.after?.();
  } catch (error) {
    context.logger.error({ err: asError(error), event: handler.event }, 'A handler failed');
    tell(context.socket, ack, fault('internal', 'The server failed to handle this. Try again.'));
  }
}

/** Refuses input: the sender gets a coded error, the log one line. */
export function refuse(
  context: HandlerContext,
  event: string,
  ack: Ack | undefined,
  reason: Fault,
): void {
  context.onBadInput(event, reason);
  tell(context.socket, ack, reason);
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
