/** Accepts a new socket: creates its connection, adds both dialects, and watches it until it closes. */

import { CLIENT_EVENTS, SERVER_EVENTS } from '@session-monitor/protocol';
import type { Socket } from 'socket.io';
import { type AddressPolicy, clientAddress } from '../access/client-address.js';
import type { ServerDeps } from '../server-deps.js';
import { KeyedMutex } from '../sessions/keyed-mutex.js';
import type { Session } from '../sessions/session.js';
import { isoTime } from '../util/iso-time.js';
import { Rate } from '../util/token-bucket.js';
import { UnderWay } from '../util/under-way.js';
import { Asking } from './asking.js';
import { Connection, type ConnectionOptions } from './connection.js';
import type { DialectDeps } from './dialect.js';
import { hasRoute, ROUTED_EVENTS, route } from './routes.js';

/** Ephemeral events come in bursts: so many seconds' worth may come together. */
const EPHEMERAL_BURST_S = 3;

/** What an acceptor needs of the Socket.IO server. */
interface AcceptEndpoint
  extends Pick<ConnectionOptions, 'readyMade' | 'registered' | 'received' | 'onUpgradeRefused'> {
  readonly addresses: AddressPolicy;
}

export interface AcceptDeps
  extends Omit<DialectDeps, 'sends' | 'sendOrder' | 'asking' | 'ephemerals'>,
    Pick<ServerDeps, 'settings' | 'logger' | 'hits'> {
  /** All current connections; kept up to date here. */
  readonly connections: Map<string, Connection>;
  readonly endpoint: AcceptEndpoint;
  readonly exclusive: boolean;
  /** Whether clients are being handed over to other nodes. */
  readonly handingOver: () => boolean;
}

/**
 * Returns the listener for new sockets. All sockets share their event listeners, which find their connection by the
 * socket that they are called on: an idle session costs little but memory. An exclusive server has one listener in
 * place of one for each event: nine take a kilobyte on each socket.
 */
export function createAcceptor(deps: AcceptDeps): (socket: Socket) => void {
  const { settings, clock, trace, logger, registry, connections, exclusive, endpoint } = deps;
  const { limits } = settings;
  const windowBytes = settings.connectionWindowBytes;
  const addressOf = (socket: Socket) => clientAddress(socket.request, endpoint.addresses);
  const { readyMade, registered, received, onUpgradeRefused } = endpoint;
  const shared = { windowBytes, readyMade, registered, received, onUpgradeRefused, addressOf };
  const options = { ...shared, clock, trace, logger, guarded: exclusive };
  const dialectDeps = {
    ...deps,
    sends: new UnderWay<Connection>(),
    sendOrder: new KeyedMutex(),
    ephemerals: new Rate<Session>(
      { perSecond: limits.ephemeralsPerSecond, burstS: EPHEMERAL_BURST_S },
      clock,
    ),
    asking: new Asking({ limits, hits: deps.hits, clock }),
  };

  function onAny(this: Socket, event: string | number, ...args: unknown[]): void {
    const connection = connections.get(this.id);
    if (!connection) return;
    // The handler of system_ping_response records that answer.
    if (event !== CLIENT_EVENTS.systemPingResponse) registry.v1.heard(connection);
    if (!exclusive) return;
    // Socket.IO accepts numbers as names.
    const name = String(event);
    // An event of the app's own is the app's.
    if (!hasRoute(name) && this.listenerCount(name) > 0) return;
    route(dialectDeps, connection, name, args);
  }

  // On a shared server, `socket.use` and code that looks at listeners find ours beside the app's.
  const listeners = exclusive
    ? []
    : ROUTED_EVENTS.map((event) => [event, listenerOf(event)] as const);

  function listenerOf(event: string) {
    return function (this: Socket, ...args: unknown[]): void {
      const connection = connections.get(this.id);
      if (connection) route(dialectDeps, connection, event, args);
    };
  }

  /** A connection costs a descriptor: one that follows nothing is closed. */
  function awaitRegistration(connection: Connection): void {
    connection.awaitRegistration(limits.registerTimeoutMs, () => {
      const { asking } = dialectDeps;
      if (asking.isAsking(connection)) {
        awaitRegistration(connection);
        return;
      }
      deps.hits.add('registerTimeoutMs', {
        connection: connection.id,
        address: connection.address,
      });
      // A client that was refused has nothing to come back for: Socket.IO does not reconnect after that.
      if (asking.wasRefused(connection)) connection.socket.disconnect(true);
      else connection.cut();
    });
  }

  function onDisconnect(this: Socket, reason: string): void {
    const connection = connections.get(this.id);
    if (!connection) return;
    connection.close();
    const ms = Math.round(clock.now() - connection.startedAt);
    // Before it is forgotten: a connection that has followed something is not a stranger's.
    trace('disconnect', { connection: this.id, address: connection.address, reason, ms });
    connections.delete(this.id);
    void registry.detach(connection, reason);
  }

  return (socket) => {
    const connection = new Connection(socket, options);
    const { id, transport } = connection;
    connections.set(id, connection);
    trace('connect', { connection: id, transport, address: connection.address });
    if (exclusive && Number.isFinite(limits.registerTimeoutMs)) awaitRegistration(connection);
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
