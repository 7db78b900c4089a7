/** Attaches sessions to the Socket.IO server of an app. */

import type { ServerResponse } from 'node:http';
import type { Socket } from 'socket.io';
import { HOST_PATTERN } from './access/hosts.js';
import { OriginCheck } from './access/origin-check.js';
import { listedOrigins } from './access/origins.js';
import { LoadGauge } from './observe/load-gauge.js';
import { consoleLogger } from './observe/trace.js';
import type { SessionServerOptions } from './options.js';
import type { Endpoint } from './session-engine.js';
import { SessionServer } from './session-server.js';
import { guardPeers, type PeerGuards } from './socketio/guard-peers.js';
import { type ClientTable, guardLatePayloads } from './socketio/late-payloads.js';
import { MisroutedRequests } from './socketio/misrouted-requests.js';
import { type EngineRequest, guardRequests } from './socketio/request-guard.js';
import {
  corsOriginsOf,
  enginePathOf,
  inspectSocketIo,
  type SocketIoServer,
} from './socketio/socket-io.js';
import { type RefusingEngine, UpgradeFailures } from './socketio/upgrade-failures.js';
import { guardUpgrades } from './socketio/upgrade-guard.js';
import { checkVersions } from './socketio/versions.js';
import { type Cancel, systemClock } from './util/clock.js';
import { configError, ServerError } from './util/errors.js';

/** Engine.IO's own default. */
const UPGRADE_GRACE_MS = 1_000;

/** Servers and namespaces that already have sessions. */
const attached = new WeakSet<object>();

/** Options that only `createApp` sets. */
export interface AttachOptions extends SessionServerOptions {
  /** @internal Refuse every request that does not name this machine by a loopback name. */
  readonly loopbackOnly?: boolean;
  /** @internal Refuse every request that a proxy has passed on. */
  readonly refuseProxied?: boolean;
  /** @internal Count nothing where events pass; for benchmarks. */
  readonly uncounted?: boolean;
}

/**
 * Attaches sessions to a Socket.IO 4.7 server, or to one of its namespaces. Call it before the server listens.
 *
 * From then on the origin of every Socket.IO request is checked. A page of another origin may connect only if
 * `origins`, or the server's own option `cors`, lists it.
 *
 * @throws ServerError ERR_SOCKET_IO if `io` is no such server, is too old, or already has sessions; ERR_CONFIG for an
 *   allowed host that is no host name
 */
export function attachSessions(io: SocketIoServer, options: AttachOptions): SessionServer {
  const { server, namespace } = inspectSocketIo(io);
  if (attached.has(namespace)) {
    throw new ServerError(
      'ERR_SOCKET_IO',
      'This Socket.IO server has sessions already. Call attachSessions once, and pass on what it returns.',
    );
  }
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? consoleLogger;
  checkVersions(server, logger);
  const production = (options.mode ?? process.env.NODE_ENV) === 'production';
  const { origins, exclusive = false, loopbackOnly = false, logAddresses = true } = options;
  const localPages = !production;
  const policy = origins
    ? listedOrigins(origins, localPages)
    : { lists: corsOriginsOf(server), localPages };
  const { allowedHosts = [], trustProxy = false } = options;
  const notAHost = allowedHosts.find((name) => !HOST_PATTERN.test(name));
  if (notAHost !== undefined) {
    throw configError(
      `allowedHosts has ${JSON.stringify(notAHost)}. Allowed: host names like chat.example.com or chat.example.com:8443.`,
    );
  }
  const originCheck = new OriginCheck({
    policy,
    loopbackOnly,
    refuseProxied: options.refuseProxied ?? false,
    allowedHosts,
    trustProxy,
    clock,
    logger,
    logAddresses,
  });
  const addresses = { trustProxy, exemptLocal: !production };
  const endpoint: Endpoint = {
    addresses,
    registered: (conn) => peers?.handshakes.registered(conn),
    received: (conn) => peers?.packets.meterOf(conn),
    onUpgradeRefused: (conn, listener) => upgradeFailures.onRefused(conn, listener),
    on: (event, listener) => namespace.on(event, listener as (socket: Socket) => void),
    off: (event, listener) => namespace.off(event, listener as (socket: Socket) => void),
    readyMade: server._opts.parser === undefined,
    path: enginePathOf(server),
    originCheck,
    misroutedRequests: new MisroutedRequests(server, clock, logger),
    connectionsUsed: () => peers?.connections.load,
    release() {
      attached.delete(namespace);
      for (const stop of guards) stop();
    },
  };
  const guards: Cancel[] = [];
  const upgradeFailures = new UpgradeFailures();
  let peers: PeerGuards | undefined;
  const sessions = new SessionServer(endpoint, { ...options, logger });
  attached.add(namespace);
  const { metrics, hits } = sessions.internals;
  const { loop_delay_seconds } = metrics.histograms;
  const gauge = new LoadGauge({
    clock,
    onSample: (lateMs) => loop_delay_seconds.observe(lateMs / 1_000),
  });
  guards.push(() => gauge.stop());

  server.engine.use(guardRequests(originCheck));
  if (exclusive) {
    peers = guardPeers({ ...sessions.internals, gauge }, server, endpoint.path);
    server.engine.use(peers.takeTurn);
    server.engine.use(peers.handshakes.middleware);
    const engine = server.engine as unknown as ClientTable;
    server.engine.use(guardLatePayloads(engine, hits));
    guards.push(...peers.stops);
  }
  server.engine.use(turnAwayWhileHandingOver(sessions));
  const refusing = server.engine as unknown as RefusingEngine;
  guards.push(upgradeFailures.watch(refusing, metrics.counters.upgrade_failures_total));
  const { destroyUpgrade, destroyUpgradeTimeout = UPGRADE_GRACE_MS } = server._opts;
  if (server.httpServer && destroyUpgrade !== false) {
    const graceMs = exclusive ? 0 : destroyUpgradeTimeout;
    guards.push(guardUpgrades(server.httpServer, { path: endpoint.path, graceMs, clock }));
  }
  return sessions;
}

/** Refuses new connections during a hand-over, so that the load balancer tries the next node. */
const turnAwayWhileHandingOver =
  (sessions: SessionServer) =>
  (request: EngineRequest, response: ServerResponse, next: () => void): void => {
    if (!sessions.handingOver || request._query?.sid !== undefined) {
      next();
      return;
    }
    response.writeHead(503, { 'retry-after': '1' });
    response.end();
  };
