/**
 * The whole server: HTTP by Fastify, Socket.IO on the same port, sessions attached. `main.ts` starts
 * it from the environment; an application may create its own.
 */

import type { AddressInfo, Socket } from 'node:net';
import cors from '@fastify/cors';
import { type FastifyBaseLogger, fastify, LogController } from 'fastify';
import { Server, type ServerOptions } from 'socket.io';
import type { Authorize } from './access/authorize.js';
import { isLoopback } from './access/origins.js';
import { attachSessions } from './attach.js';
import { ServerError } from './errors.js';
import { isStrongKey, STRONG_KEY } from './http/debug/gate.js';
import { installFaults, malformedFault, sendFault } from './http/faults.js';
import { clientScriptRoute } from './http/routes/client-script.js';
import { debugRoutes } from './http/routes/debug.js';
import { demoRoutes } from './http/routes/demo.js';
import { eventRoutes } from './http/routes/events.js';
import { havefunRoute } from './http/routes/havefun.js';
import { healthRoutes } from './http/routes/health.js';
import { runRoutes } from './http/routes/runs.js';
import { threadRoutes } from './http/routes/threads.js';
import type { Mode, SessionSettings } from './options.js';
import type { Responder } from './responders/responder.js';
import type { SessionServer } from './session-server.js';
import type { Store } from './stores/store.js';

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
  /** The key of the `/debug` routes. Without one they are hidden outside development. */
  readonly debugApiKey?: string;
  /** Take that key as `?api_key=` outside development, too. Default false: URLs end up in logs. */
  readonly debugKeyInUrl?: boolean;
  /** Serve the demo page at `/`. Default: in development only. */
  readonly demo?: boolean;
  readonly responder?: Responder;
  readonly settings?: Partial<SessionSettings>;
  readonly logger?: FastifyBaseLogger;
  readonly node?: string;
  /** How long clients are told to spread their return over when the server stops. */
  readonly drainMs?: number;
  /** Further options of the Socket.IO server. */
  readonly socketIo?: Partial<ServerOptions>;
}

export interface App {
  readonly sessions: SessionServer;
  readonly io: Server;
  /** Starts to listen. Resolves with the address, `http://127.0.0.1:5001`. */
  listen(): Promise<string>;
  /** Drains, closes every connection and the store. */
  close(): Promise<void>;
}

const MAX_PARAM_LENGTH = 512;
const BODY_LIMIT_BYTES = 256 * 1024;
/** A client that has connected but joined no namespace by then is disconnected. */
const CONNECT_TIMEOUT_MS = 5_000;
/** A registration or an acknowledgement is far below this; replies go the other way. */
const MAX_PACKET_BYTES = 1024 * 1024;
const DEFAULT_DRAIN_MS = 2_000;
/** What connections have to say goodbye at a stop. */
const CLOSE_GRACE_MS = 500;

/** Whether a request of this method changes nothing. */
const isSafe = (method: string): boolean => ['GET', 'HEAD', 'OPTIONS'].includes(method);

/**
 * Creates the server.
 *
 * @throws ServerError ERR_CONFIG if the configuration is not safe outside development
 */
export async function createApp(config: AppConfig): Promise<App> {
  const origins = config.origins ?? [];
  const development = config.mode === 'development' && isLoopback(config.host);
  if (!development) refuseUnsafe(config, origins);

  const http = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    // A thread's name may have 128 characters, each of them encoded as three.
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: (_error, _request, reply) => sendFault(reply, malformedFault),
    ...(config.logger && { loggerInstance: config.logger }),
  });
  http.removeContentTypeParser('text/plain');
  installFaults(http);
  http.addHook('onRequest', async (request, reply) => {
    const { originCheck } = sessions.internals.endpoint;
    // Browsers let any page send a POST that it cannot read the answer of.
    if (!isSafe(request.method)) {
      const admitted = await originCheck.admit(request);
      return admitted.ok ? undefined : sendFault(reply, admitted.fault);
    }
    const refusal = originCheck.hostRefusalOf(request);
    if (refusal) return sendFault(reply, refusal);
  });
  const connections = new Set<Socket>();
  http.server.on('connection', (connection) => {
    connections.add(connection);
    connection.on('close', forget);
  });
  // One for all of them: there are many.
  function forget(this: Socket): void {
    connections.delete(this);
  }
  if (origins.length > 0) {
    // What a page of another origin may read of an answer besides its body.
    const exposedHeaders = ['X-Run-Id', 'Retry-After'];
    await http.register(cors, { origin: [...origins], exposedHeaders });
  }

  const io = new Server(http.server, {
    transports: ['polling', 'websocket'],
    serveClient: false,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxHttpBufferSize: MAX_PACKET_BYTES,
    // The CORS middleware takes '*' only by itself.
    cors: { origin: origins.includes('*') ? '*' : [...origins] },
    ...config.socketIo,
  });
  const sessions = attachSessions(io, {
    store: config.store,
    authorize: config.authorize ?? (() => true),
    exclusive: true,
    mode: config.mode,
    origins,
    // In development everybody on this machine may do everything, but no page that pretends to be on it.
    loopbackOnly: development,
    ...(config.responder && { responder: config.responder }),
    ...(config.settings && { settings: config.settings }),
    ...(config.logger && { logger: config.logger }),
    ...(config.node !== undefined && { node: config.node }),
  });

  havefunRoute(http, sessions);
  runRoutes(http, sessions);
  eventRoutes(http, sessions);
  threadRoutes(http, sessions);
  debugRoutes(http, sessions, {
    development,
    key: config.debugApiKey,
    keyInUrl: config.debugKeyInUrl ?? false,
  });
  healthRoutes(http, sessions, () => storeAnswers(config.store));
  await clientScriptRoute(http);
  if (config.demo ?? development) await demoRoutes(http, development);

  return {
    sessions,
    io,
    async listen() {
      await http.listen({ host: config.host, port: config.port });
      const { port } = http.server.address() as AddressInfo;
      const host = config.host.includes(':') ? `[${config.host}]` : config.host;
      return `http://${host}:${port}`;
    },
    async close() {
      await sessions.drain(config.drainMs ?? DEFAULT_DRAIN_MS);
      await sessions.close();
      io.engine.close();
      // A peer that does not answer the closing handshake would hold the server up for 30 s.
      const impatience = setTimeout(() => {
        for (const connection of connections) connection.destroy();
      }, CLOSE_GRACE_MS);
      await http.close();
      clearTimeout(impatience);
      await config.store.close();
    },
  };
}

/** Outside development nothing is open by default. */
function refuseUnsafe(config: AppConfig, origins: readonly string[]) {
  const { mode, host, authorize, store, debugApiKey } = config;
  const where = mode === 'production' ? 'In production' : `On ${host}, which others can reach,`;
  if (!authorize) {
    throw new ServerError(
      'ERR_CONFIG',
      `${where} an 'authorize' function is required: who may follow and post to which thread? ` +
        'Set AUTHORIZE to a module that exports one, or listen on 127.0.0.1 in development mode.',
    );
  }
  if (origins.includes('*')) {
    throw new ServerError('ERR_CONFIG', `${where} the origin '*' is refused. List the origins.`);
  }
  if (debugApiKey !== undefined && !isStrongKey(debugApiKey)) {
    const message = `${where} this debugApiKey is refused. Allowed: ${STRONG_KEY}.`;
    throw new ServerError('ERR_CONFIG', message);
  }
  if (!store.durable) {
    throw new ServerError(
      'ERR_CONFIG',
      `${where} the store '${store.kind}' is refused: it forgets. Use the embedded store.`,
    );
  }
}

const storeAnswers = (store: Store): Promise<boolean> =>
  store.logs.threads('', 1).then(
    () => true,
    () => false,
  );
