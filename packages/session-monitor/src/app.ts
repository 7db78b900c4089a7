/**
 * The whole server: an HTTP server with the routes, Socket.IO on the same port, sessions attached. The command `serve`
 * starts it from the environment; an application may create its own.
 */

import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  CORS_METHODS,
  createHandler,
  type DashboardOptions,
  type DemoPageOptions,
} from '@session-monitor/http';
import {
  type Authorize,
  attachSessions,
  createDemoResponder,
  DEFAULT_LIMITS,
  type GivenSettings,
  type Logger,
  type Mode,
  type Responder,
  type SessionServer,
  type SessionTraceOptions,
  type Store,
  type Tracing,
} from '@session-monitor/server';
import { isLoopback, setAnswerHeaders } from '@session-monitor/server/internal';
import { Server, type ServerOptions } from 'socket.io';
import { refuseUnsafe } from './refuse-unsafe.js';
import { registeredTracing } from './registered-tracing.js';

/** The options of `createApp`. */
export interface AppConfig {
  readonly host: string;
  /** 0 chooses a free port. */
  readonly port: number;
  readonly mode: Mode;
  /** Closed with the app. */
  readonly store: Store;
  /** Required unless the app runs in development mode on a loopback address. */
  readonly authorize?: Authorize;
  /** Origins of pages that may connect, besides the server's own: `https://chat.example.com`. */
  readonly origins?: readonly string[];
  /** Host names under which the server answers, for every port or for one. Default: all. */
  readonly allowedHosts?: readonly string[];
  /** A proxy sets `X-Forwarded-Proto` or `Forwarded` on every request. Default false. */
  readonly trustProxy?: boolean;
  /** The key of the `/debug` routes. Without one they are hidden outside development. */
  readonly debugApiKey?: string;
  /** Take that key as `?api_key=` outside development, too. Default false: URLs end up in logs. */
  readonly debugKeyInUrl?: boolean;
  /** Show what users have written to operators with a permission for it. Default false. */
  readonly debugPayloads?: boolean;
  /** Opens `/metrics`, and nothing else. The key of the `/debug` routes opens it, too. */
  readonly metricsKey?: string;
  /** @internal Count nothing where events pass; for benchmarks. */
  readonly uncounted?: boolean;
  /** Serve the demo page at `/`. Default: in development only. */
  readonly demo?: boolean | DemoPageOptions;
  /** Serve the dashboard at `/dashboard`. Default: in development, and with a `debugApiKey`. */
  readonly dashboard?: boolean | DashboardOptions;
  /** The largest body of a request that publishes an event, in bytes. Default 64 KiB. */
  readonly maxEventBodyBytes?: number;
  /** How long a client may take to send the body of a request, in milliseconds. Default 10 s. */
  readonly bodyTimeoutMs?: number;
  /** How long a client may take to send a request, on whichever path, in milliseconds. Default 30 s. */
  readonly requestTimeoutMs?: number;
  /** Produces the replies. Default: the demo's, which makes them up. */
  readonly responder?: Responder;
  readonly settings?: GivenSettings;
  readonly logger?: Logger;
  /** Whether the log and the session trace name the addresses of clients. Default true. */
  readonly logAddresses?: boolean;
  /** The session trace. `false`: nothing is kept. Default: in memory, and no longer than the process. */
  readonly trace?: SessionTraceOptions | false;
  /**
   * Traces by OpenTelemetry: what `openTelemetry()` of `@session-monitor/server/opentelemetry` returns. `false`: none.
   * Default: to the tracer provider that is registered when the app is created, if one is.
   */
  readonly tracing?: Tracing | false | undefined;
  readonly node?: string;
  /** Over how long clients spread their reconnects when the server stops. */
  readonly drainMs?: number;
  /** Further options of the Socket.IO server. */
  readonly socketIo?: Partial<ServerOptions>;
}

/** A server that was created by `createApp`. */
export interface App {
  readonly sessions: SessionServer;
  readonly io: Server;
  /** Starts to listen. Resolves with the address, `http://127.0.0.1:5001`. */
  listen(): Promise<string>;
  /** Drains, closes every connection and the store. */
  close(): Promise<void>;
}

/** A client that has connected but joined no namespace by then is disconnected. */
const CONNECT_TIMEOUT_MS = 5_000;
/** Longer than the body of a route may take: a client that is late there gets an answer that says so. */
const DEFAULT_REQUEST_TIMEOUT_MS = 30_000;
/** How often Node looks for requests that are late. */
const CHECK_REQUESTS_EVERY_MS = 5_000;
const DEFAULT_DRAIN_MS = 2_000;
/** How long connections may take to close at a stop. */
const CLOSE_GRACE_MS = 500;
/** How long the last spans may take to be exported at a stop. */
const FLUSH_MS = 1_000;
/** Pages of this machine, on whichever port. */
const LOCAL_PAGES = /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/;

/**
 * Creates the server.
 *
 * @throws ServerError ERR_CONFIG if the configuration is not safe outside development
 */
export async function createApp(config: AppConfig): Promise<App> {
  const origins = config.origins ?? [];
  const development = config.mode === 'development' && isLoopback(config.host);
  if (!development) refuseUnsafe(config);

  const { requestTimeoutMs: requestTimeout = DEFAULT_REQUEST_TIMEOUT_MS } = config;
  // Counts until a request has come as a whole. Streams of answers, polls and WebSockets go on for as long as they like.
  const http = createServer({
    requestTimeout,
    connectionsCheckingInterval: Math.min(requestTimeout, CHECK_REQUESTS_EVERY_MS),
  });
  const connections = new Set<Socket>();
  http.on('connection', (connection) => {
    connections.add(connection);
    connection.on('close', forget);
  });
  // One listener for all connections: there are many.
  function forget(this: Socket): void {
    connections.delete(this);
  }

  const io = new Server(http, {
    transports: ['polling', 'websocket'],
    serveClient: false,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxHttpBufferSize: config.settings?.limits?.payloadBytes ?? DEFAULT_LIMITS.payloadBytes,
    cors: { origin: readableBy(origins, development), methods: [...CORS_METHODS] },
    ...config.socketIo,
  });
  const { tracing = await registeredTracing() } = config;
  const sessions = attachSessions(io, {
    store: config.store,
    authorize: config.authorize ?? permitAll,
    exclusive: true,
    mode: development ? 'development' : 'production',
    origins,
    ...(config.allowedHosts && { allowedHosts: config.allowedHosts }),
    ...(config.trustProxy !== undefined && { trustProxy: config.trustProxy }),
    // In development any client on this machine may do everything; a page that pretends to be on it may not.
    loopbackOnly: development,
    refuseProxied: development && !config.authorize,
    responder: config.responder ?? createDemoResponder(),
    ...(config.settings && { settings: config.settings }),
    ...(config.logger && { logger: config.logger }),
    ...(config.logAddresses !== undefined && { logAddresses: config.logAddresses }),
    ...(config.trace !== undefined && { trace: config.trace }),
    ...(tracing && { tracing }),
    ...(config.node !== undefined && { node: config.node }),
    ...(config.uncounted !== undefined && { uncounted: config.uncounted }),
  });
  const { debugApiKey: key, debugKeyInUrl: keyInUrl = false, metricsKey } = config;
  const { debugPayloads: payloads = false } = config;
  const handler = createHandler(sessions, {
    debug: { ...(key !== undefined && { key }), keyInUrl, payloads },
    metrics: metricsKey === undefined || { key: metricsKey },
    demo: config.demo ?? development,
    dashboard: config.dashboard ?? (development || key !== undefined),
    ...(config.maxEventBodyBytes !== undefined && {
      maxEventBodyBytes: config.maxEventBodyBytes,
    }),
    ...(config.bodyTimeoutMs !== undefined && { bodyTimeoutMs: config.bodyTimeoutMs }),
  });
  http.on('request', (request, response) => handler(request, response));
  // Socket.IO answers a browser that asks before it sends without asking anything else.
  http.prependListener('request', (_request, response) => setAnswerHeaders(response));

  return {
    sessions,
    io,
    async listen() {
      await new Promise<void>((resolve, reject) => {
        http.once('error', reject);
        http.listen({ host: config.host, port: config.port }, () => {
          http.off('error', reject);
          resolve();
        });
      });
      const { port } = http.address() as AddressInfo;
      const host = config.host.includes(':') ? `[${config.host}]` : config.host;
      return `http://${host}:${port}`;
    },
    async close() {
      await sessions.drain(config.drainMs ?? DEFAULT_DRAIN_MS);
      await sessions.close();
      if (tracing) await within(FLUSH_MS, tracing.flush());
      io.engine.close();
      if (http.listening) await closeHttp();
      await config.store.close();
    },
  };

  async function closeHttp(): Promise<void> {
    const closed = new Promise((resolve) => http.close(resolve));
    http.closeIdleConnections();
    // A peer that does not answer the closing handshake would hold the server up for 30 s.
    // A browser opens connections ahead of its requests: they count as busy until one has come.
    for (const connection of connections) {
      if (connection.bytesRead === 0) connection.destroy();
    }
    const impatience = setTimeout(() => {
      for (const connection of connections) connection.destroy();
    }, CLOSE_GRACE_MS);
    await closed;
    clearTimeout(impatience);
  }
}

/** In development every program and page of this machine may do everything, as the user that it claims. */
const permitAll: Authorize = ({ action, user_id }) => {
  if (action === 'list') return { all: true };
  if (action === 'administer') return { admin: true, payloads: true };
  return user_id === undefined || { user_id };
};

/** What Socket.IO says of other pages' origins. Its CORS middleware takes '*' only by itself. */
const readableBy = (origins: readonly string[], development: boolean) =>
  origins.includes('*') ? '*' : [...origins, ...(development ? [LOCAL_PAGES] : [])];

/** Resolves when the work is done, or after `ms`. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
