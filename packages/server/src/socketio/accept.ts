/** A new socket: made a connection, taught its dialect, watched until it is gone. */

import { CLIENT_EVENTS, type Fault, fault, SERVER_EVENTS } from '@session-monitor/protocol';
import type { Socket } from 'socket.io';
import type { Authorize } from '../authorize.js';
import type { Clock } from '../clock.js';
import type { Logger, Trace } from '../observe/trace.js';
import type { SessionSettings } from '../options.js';
import type { Registry } from '../sessions/registry.js';
import { BadInputReport } from './bad-input.js';
import { Connection } from './connection.js';
import { ackOf, type HandlerContext, refuse } from './handlers.js';
import { guardOutbox } from './outbox-guard.js';
import { speakV2 } from './v2.js';

export interface AcceptParts {
  readonly registry: Registry;
  readonly authorize: Authorize;
  readonly settings: SessionSettings;
  readonly clock: Clock;
  readonly trace: Trace;
  readonly logger: Logger;
  /** The sockets that are connected; kept up to date here. */
  readonly sockets: Set<Socket>;
  readonly ready: Promise<void>;
  readonly readyMade: boolean;
  readonly exclusive: boolean;
  readonly closedFor: () => Fault | undefined;
}

export function acceptConnection(socket: Socket, parts: AcceptParts): void {
  const { settings, clock, trace, logger, registry } = parts;
  const connection = new Connection(socket, {
    windowBytes: settings.connectionWindowBytes,
    readyMade: parts.readyMade,
  });
  const badInput = new BadInputReport(connection.id, trace, clock);
  const onBadInput = (event: string, reason: Fault) => badInput.add(event, reason);
  const context: HandlerContext = { socket, logger, onBadInput };
  const connectedAt = clock.now();
  parts.sockets.add(socket);
  trace('connect', { connection: connection.id, transport: connection.transport });

  speakV2({ ...parts, context, connection });
  if (parts.exclusive) reportUnknown(context);

  const onUpgrade = () => {
    trace('upgrade', { connection: connection.id, transport: connection.transport });
  };
  socket.conn.on('upgrade', onUpgrade);
  const onOverflow = () => {
    trace('overflow', { connection: connection.id, transport: connection.transport });
  };
  const unguard = parts.exclusive ? guardOutbox(socket, onOverflow) : () => {};
  socket.on('disconnect', (reason) => {
    parts.sockets.delete(socket);
    // The Engine.IO connection may outlive this socket and carry another.
    socket.conn.off('upgrade', onUpgrade);
    unguard();
    connection.close();
    badInput.close();
    const ms = Math.round(clock.now() - connectedAt);
    trace('disconnect', { connection: connection.id, reason, ms });
    void registry.detach(connection, reason);
  });
  connection.notify(SERVER_EVENTS.connected, {
    status: 'connected',
    session_id: connection.id,
    transport: connection.transport,
    server_time: new Date(clock.wall()).toISOString(),
  });
}

function reportUnknown(context: HandlerContext): void {
  context.socket.onAny((event: string | number, ...args: unknown[]) => {
    if (context.socket.listenerCount(String(event)) > 0) return;
    const known = Object.values(CLIENT_EVENTS).filter(
      (name) => context.socket.listenerCount(name) > 0,
    );
    const message = `This server does not know this event. It knows: ${known.join(', ')}.`;
    // Socket.IO lets numbers through for names.
    refuse(context, String(event).slice(0, 64), ackOf(args), fault('unknown_event', message));
  });
}
