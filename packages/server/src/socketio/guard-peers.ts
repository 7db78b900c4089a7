/** What peers are held to on a server of sessions alone: connections, handshakes, packets. */

import type { IncomingMessage } from 'node:http';
import type { Socket as TcpSocket } from 'node:net';
import type { Server } from 'socket.io';
import { type AddressPolicy, countedNetwork, networkOfRequest } from '../access/client-address.js';
import { isProxied } from '../access/proxies.js';
import type { LoadGauge } from '../observe/load-gauge.js';
import { RepeatedLine } from '../observe/repeated-line.js';
import type { ServerDeps } from '../server-deps.js';
import type { Cancel, Entropy } from '../util/clock.js';
import type { PeerTurns } from '../util/peer-turns.js';
import { ConnectionGuard, type Follows } from './connection-guard.js';
import { HandshakeGuard, type HandshakeSource } from './handshake-guard.js';
import { Overload } from './overload.js';
import { PacketGuard, type PacketSource } from './packet-guard.js';
import type { EngineRequest } from './request-guard.js';

/** What a request of Engine.IO costs the event loop, in milliseconds: it is handled after the turn that lets it go on. */
const REQUEST_MS = 0.2;

export interface GuardDeps extends Pick<ServerDeps, 'settings' | 'hits' | 'clock' | 'logger'> {
  readonly peerTurns: PeerTurns;
  readonly gauge: LoadGauge;
  readonly entropy: Entropy;
  readonly endpoint: { readonly addresses: AddressPolicy };
}

export interface PeerGuards {
  readonly handshakes: HandshakeGuard;
  readonly packets: PacketGuard;
  readonly connections: ConnectionGuard;
  /** The middleware to give to `engine.use`, before the others of this guard. */
  readonly takeTurn: (request: EngineRequest, response: unknown, next: () => void) => void;
  /** What stops them. */
  readonly stops: readonly Cancel[];
}

type Engine = HandshakeSource & PacketSource & { readonly clients: Record<string, object> };

/** @param path the prefix of Socket.IO's own requests */
export function guardPeers(deps: GuardDeps, server: Server, path: string): PeerGuards {
  const { hits, clock, entropy, logger, peerTurns, gauge } = deps;
  const { limits } = deps.settings;
  const { addresses } = deps.endpoint;
  const engine = server.engine as unknown as Engine;
  const unnamed = new RepeatedLine(clock, (fields) => logger.warn(fields, UNNAMED));
  const load = { limits, hits, clock, entropy, gauge, connections: () => connections.load };
  const overload = new Overload(load);
  const handshakes = new HandshakeGuard({
    limits,
    hits,
    clock,
    entropy,
    overload: () => overload.refusal(),
    onExceeded: (request) => {
      const isNamed = addresses.trustProxy || !isProxied(request.headers);
      if (!isNamed) unnamed.write(() => ({ address: request.socket.remoteAddress }));
    },
    networkOf: (request) => countedNetwork(request, addresses),
  });
  const packets = new PacketGuard({ limits, hits, clock });
  const connections = new ConnectionGuard({
    limits,
    hits,
    clock,
    networkOf: (connection, request) => {
      const { remoteAddress } = connection as TcpSocket;
      const addressed = request ?? { headers: {}, socket: { remoteAddress } };
      return networkOfRequest(addressed, addresses);
    },
    following: () => followers(handshakes, engine, path),
  });
  const http = server.httpServer as Parameters<ConnectionGuard['watch']>[0] | undefined;
  const stops = [packets.watch(engine), handshakes.watch(engine), () => unnamed.stop()];
  return {
    handshakes,
    packets,
    connections,
    takeTurn(request, _response, next) {
      const conn = connOf(request, engine);
      const isKnown = conn && !handshakes.isWaiting(conn);
      if (isKnown) next();
      else {
        const goOn = () => {
          // Its client may have gone while it waited.
          if (!request.socket.destroyed) next();
        };
        peerTurns.run(networkOfRequest(request, addresses), goOn, REQUEST_MS);
      }
    },
    stops: http ? [...stops, connections.watch(http)] : stops,
  };
}

/** The connection that a request names. */
function connOf({ _query }: EngineRequest, { clients }: Engine): object | undefined {
  const sid = _query?.sid;
  return sid !== undefined && Object.hasOwn(clients, sid) ? clients[sid] : undefined;
}

function followers(handshakes: HandshakeGuard, engine: Engine, path: string): Follows {
  const waiting = handshakes.waiting();
  return (request: IncomingMessage) => {
    if (!request.url?.startsWith(path)) return undefined;
    const sid = (request as EngineRequest)._query?.sid;
    // The request of a WebSocket is its handshake, or the one that has upgraded it.
    if (sid === undefined) return !waiting.has(request);
    const conn = connOf(request, engine);
    return conn !== undefined && !handshakes.isWaiting(conn);
  };
}

/** All clients behind it would share one budget. */
const UNNAMED =
  'Too many connections of one address, which is a proxy. If it sets X-Forwarded-For or Forwarded on every request, set ' +
  'TRUST_PROXY=yes (in a program `trustProxy`): then each of its clients is counted by itself.';
