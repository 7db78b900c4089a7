/** Accepts a new socket: creates its connection, adds both dialects, and watches it until it closes. */

import { CLIENT_EVENTS, type Fault, fault, SERVER_EVENTS } from '@session-monitor/protocol';
import type { Socket } from 'socket.io';
import type { PermissionCheck } from '../access/permission-check.js';
import type { Logger, Trace } from '../observe/trace.js';
import type { SessionSettings } from '../options.js';
import type { Registry } from '../sessions/registry.js';
import type { Store } from '../stores/store.js';
import type { Clock } from '../util/clock.js';
import { isoTime } from '../util/iso-time.js';
import { v1Handlers } from '../v1/dialect.js';
import { Connection } from './connection.js';
import { bothDialects } from './dialect.js';
import { ackOf, type EventHandler, refuse } from './handlers.js';
import { v2Handlers } from './v2.js';

export interface AcceptDeps {
  readonly registry: Registry;
  readonly permissions: PermissionCheck;
  readonly settings: SessionSettings;
  readonly clock: Clock;
  readonly store: Pick<Store, 'logs'>;
  readonly trace: Trace;
  readonly logger: Logger;
  /** All current connections; kept up to date here. */
  readonly connections: Map<string, Connection>;
  readonly ready: Promise<void>;
  readonly readyMade: boolean;
  readonly exclusive: boolean;
  readonly closedFor: () => Fault | undefined;
  /** Whether clients are being handed over to other nodes. */
  readonly handingOver: () => boolean;
}

/**
 * Returns the listener for new sockets. All sockets share their event listeners, which find their connection by the
 * socket that they are called on: an idle session costs little but memory. An exclusive server has one listener in
 * place of one for each event: nine take a kilobyte on each socket.
 */
export function createAcceptor(deps: AcceptDeps): (socket: Socket) => void {
  const { settings, clock, trace, logger, registry, connections, exclusive, readyMade } = deps;
  const windowBytes = settings.connectionWindowBytes;
  const options = { windowBytes, readyMade, clock, trace, logger, guarded: exclusive };
  const handlers = bothDialects(v1Handlers(deps), v2Handlers(deps));

  function onAny(this: Socket, event: string | number, ...args: unknown[]): void {
    const connection = connections.get(this.id);
    if (!connection) return;
    // The handler of system_ping_response records that answer.
    if (event !== CLIENT_EVENTS.systemPingResponse) registry.v1.heard(connection);
    if (!exclusive) return;
    // Socket.IO accepts numbers as names.
    const name = String(event);
    const handle = handlers.get(name);
    if (handle) handle(connection, name, args);
    else if (this.listenerCount(name) === 0) refuseUnknown(connection, name, args);
  }

  function refuseUnknown(connection: Connection, event: string, args: readonly unknown[]): void {
    const known = [...handlers.keys()].join(', ');
    const message = `This server does not know this event. It knows: ${known}.`;
    refuse(connection, event.slice(0, 64), ackOf(args), fault('unknown_event', message));
  }

  // On a shared server, `socket.use` and code that looks at listeners find ours beside the app's.
  const listeners = Array.from(exclusive ? [] : handlers, ([event, handle]) => {
    return [event, listenerOf(event, handle)] as const;
  });

  function listenerOf(event: string, handle: EventHandler) {
    return function (this: Socket, ...args: unknown[]): void {
      const connection = connections.get(this.id);
      if (connection) handle(connection, event, args);
    };
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
    trace('connect', { connection: id, transport, address: connection.address });
    socket.onAny(onAny);
    for (const [event, listener] of listeners) socket.on(event, listener);
    socket.on('disconnect', onDisconnect);
    connection.notify(SERVER_EVENTS.connected, {
      status: 'connected',
      session_id: id,
      transport,
      server_time: isoTime(clock.wall()),
    });
    // This socket was still connecting when the hand-over began.
    if (deps.handingOver()) {
      connection.notify(SERVER_EVENTS.serverDraining, { retry_after_ms: 0 });
      void connection.end();
    }
  };
}
