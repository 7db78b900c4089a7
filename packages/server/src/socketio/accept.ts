/** A new socket: made a connection, taught both dialects, watched until it is gone. */

import { CLIENT_EVENTS, type Fault, fault, SERVER_EVENTS } from '@session-monitor/protocol';
import type { Socket } from 'socket.io';
import type { Authorize } from '../authorize.js';
import type { Clock } from '../clock.js';
import type { Logger, Trace } from '../observe/trace.js';
import type { SessionSettings } from '../options.js';
import type { Registry } from '../sessions/registry.js';
import { BadInputReport } from './bad-input.js';
import { Connection } from './connection.js';
import { listen } from './dialect.js';
import { ackOf, type HandlerContext, refuse } from './handlers.js';
import { guardOutbox } from './outbox-guard.js';
import { v1Handlers } from './v1.js';
import { v2Handlers } from './v2.js';
import { watchUpgrades } from './watch-upgrades.js';

export interface AcceptParts {
  readonly registry: Registry;
  readonly authorize: Authorize;
  readonly settings: SessionSettings;
  readonly clock: Clock;
  readonly trace: Trace;
  readonly logger: Logger;
  /** The connections that there are; kept up to date here. */
  readonly connections: Map<string, Connection>;
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
    clock,
  });
  const { id } = connection;
  const badInput = new BadInputReport(id, trace, clock);
  const onBadInput = (event: string, reason: Fault) => badInput.add(event, reason);
  const context: HandlerContext = { socket, logger, onBadInput };
  parts.connections.set(id, connection);
  trace('connect', { connection: id, transport: connection.transport });

  const dialectParts = { ...parts, context, connection };
  // An answer to a system_ping is taken note of as such.
  socket.onAny(
    (event) => event !== CLIENT_EVENTS.systemPingResponse && registry.v1.heard(connection),
  );
  listen(context, v1Handlers(dialectParts), v2Handlers(dialectParts));
  if (parts.exclusive) reportUnknown(context);

  const unwatch = watchUpgrades(socket.conn, {
    onUpgrade(from) {
      connection.upgraded();
      trace('upgrade', { connection: id, from, transport: connection.transport });
    },
    onFailure(to) {
      connection.upgradeFailed();
      trace('upgrade_failed', { connection: id, to, transport: connection.transport });
    },
  });
  const onOverflow = () => trace('overflow', { connection: id, transport: connection.transport });
  const unguard = parts.exclusive ? guardOutbox(socket, onOverflow) : () => {};
  socket.on('disconnect', (reason) => {
    parts.connections.delete(id);
    unwatch();
    unguard();
    connection.close();
    badInput.close();
    const ms = Math.round(clock.now() - connection.startedAt);
    trace('disconnect', { connection: id, reason, ms });
    void registry.detach(connection, reason);
  });
  connection.notify(SERVER_EVENTS.connected, {
    status: 'connected',
    session_id: id,
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
