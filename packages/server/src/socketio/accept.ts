/** A new socket: made a connection, taught both dialects, watched until it is gone. */

import { CLIENT_EVENTS, type Fault, fault, SERVER_EVENTS } from '@session-monitor/protocol';
import type { Socket } from 'socket.io';
import type { Authorize } from '../authorize.js';
import type { Clock } from '../clock.js';
import type { Logger, Trace } from '../observe/trace.js';
import type { SessionSettings } from '../options.js';
import type { Registry } from '../sessions/registry.js';
import type { Store } from '../stores/store.js';
import { Connection } from './connection.js';
import { dialectListeners } from './dialect.js';
import { ackOf, refuse } from './handlers.js';
import { v1Handlers } from './v1.js';
import { v2Handlers } from './v2.js';

export interface AcceptParts {
  readonly registry: Registry;
  readonly authorize: Authorize;
  readonly settings: SessionSettings;
  readonly clock: Clock;
  readonly store: Pick<Store, 'logs'>;
  readonly trace: Trace;
  readonly logger: Logger;
  /** The connections that there are; kept up to date here. */
  readonly connections: Map<string, Connection>;
  readonly ready: Promise<void>;
  readonly readyMade: boolean;
  readonly exclusive: boolean;
  readonly closedFor: () => Fault | undefined;
}

/**
 * Returns what to do with a new socket. Listeners are made once, for all of them, and find their
 * connection by the socket that they are called on: an idle session costs memory, and little else.
 */
export function createAcceptor(parts: AcceptParts): (socket: Socket) => void {
  const { settings, clock, trace, logger, registry, connections, exclusive, readyMade } = parts;
  const windowBytes = settings.connectionWindowBytes;
  const options = { windowBytes, readyMade, clock, trace, logger, guarded: exclusive };
  const listeners = dialectListeners(connections, v1Handlers(parts), v2Handlers(parts));

  function onAny(this: Socket, event: string | number, ...args: unknown[]): void {
    const connection = connections.get(this.id);
    if (!connection) return;
    // An answer to a system_ping is taken note of as such.
    if (event !== CLIENT_EVENTS.systemPingResponse) registry.v1.heard(connection);
    if (exclusive) reportUnknown(connection, event, args);
  }

  function onDisconnect(this: Socket, reason: string): void {
    const connection = connections.get(this.id);
    if (!connection) return;
    connections.delete(this.id);
    connection.close();
    const ms = Math.round(clock.now() - connection.startedAt);
    trace('disconnect', { connection: this.id, reason, ms });
    void registry.detach(connection, reason);
  }

  return (socket) => {
    const connection = new Connection(socket, options);
    const { id, transport } = connection;
    connections.set(id, connection);
    trace('connect', { connection: id, transport });
    socket.onAny(onAny);
    for (const [event, listener] of listeners) socket.on(event, listener);
    socket.on('disconnect', onDisconnect);
    connection.notify(SERVER_EVENTS.connected, {
      status: 'connected',
      session_id: id,
      transport,
      server_time: new Date(clock.wall()).toISOString(),
    });
  };
}

function reportUnknown(
  connection: Connection,
  event: string | number,
  args: readonly unknown[],
): void {
  const { socket } = connection;
  if (socket.listenerCount(String(event)) > 0) return;
  const known = Object.values(CLIENT_EVENTS).filter((name) => socket.listenerCount(name) > 0);
  const message = `This server does not know this event. It knows: ${known.join(', ')}.`;
  // Socket.IO lets numbers through for names.
  refuse(connection, String(event).slice(0, 64), ackOf(args), fault('unknown_event', message));
}
