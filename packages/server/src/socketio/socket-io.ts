/**
 * The app's Socket.IO server. Its type is structural: two copies of socket.io in one tree (a framework that pins its
 * own) have classes that TypeScript does not take for each other, and both work.
 */

import type { IncomingMessage } from 'node:http';
import type { Namespace, Server } from 'socket.io';
import type { OriginPolicy } from '../access/origins.js';
import { ServerError } from '../util/errors.js';

/** A Socket.IO 4 server, or one of its namespaces, known by two methods that came with version 4. */
export interface SocketIoServer {
  fetchSockets(): Promise<readonly unknown[]>;
  disconnectSockets(close?: boolean): unknown;
}

/** The argument of `attachSessions`, resolved. */
export interface SocketIoDeps {
  readonly server: Server;
  /** Where sockets arrive: the server's main namespace, or the one that was given. */
  readonly namespace: Server | Namespace;
}

/**
 * @throws ServerError ERR_SOCKET_IO if it is no Socket.IO 4 server, or has no HTTP server yet
 */
export function inspectSocketIo(io: SocketIoServer): SocketIoDeps {
  const given = io as unknown as Partial<Namespace> & Partial<Server>;
  const server = (given.server ?? given) as Partial<Server>;
  if (typeof given.on !== 'function' || typeof server.of !== 'function') {
    throw unusable(
      'attachSessions needs a Socket.IO server: `new Server(httpServer)` from the package socket.io, or a namespace of it.',
    );
  }
  if (typeof given.fetchSockets !== 'function' || typeof server._opts !== 'object') {
    throw unusable(
      'This Socket.IO server is older than version 4.7. Update it: npm install socket.io@4',
    );
  }
  if (!server.engine) {
    throw unusable(
      'This Socket.IO server has no HTTP server yet. Call io.attach(httpServer) before attachSessions.',
    );
  }
  return { server: server as Server, namespace: io as unknown as Server | Namespace };
}

const unusable = (message: string): ServerError => new ServerError('ERR_SOCKET_IO', message);

/** The prefix of the server's request paths: `/socket.io/`. */
export function enginePathOf(server: Server): string {
  const path = server.path().replace(/\/$/, '');
  return server._opts.addTrailingSlash === false ? path : `${path}/`;
}

type CorsOptions = Extract<NonNullable<Server['_opts']['cors']>, { origin?: unknown }>;

/** The origins that its option `cors` lists, asked as Socket.IO asks. */
export function corsOriginsOf(server: Server): OriginPolicy['lists'] {
  const { cors } = server._opts;
  if (cors === undefined) return () => false;
  if (typeof cors !== 'function') return (origin) => listsOrigin(cors.origin, origin);
  return (origin) =>
    new Promise((resolve, reject) => {
      const request = { headers: { origin } } as IncomingMessage;
      cors(request as never, (error, options) => {
        if (error) reject(error);
        else resolve(listsOrigin(options?.origin, origin));
      });
    });
}

/** By the rules of the package `cors`: an unset option lists every origin. */
function listsOrigin(listed: CorsOptions['origin'], origin: string): boolean | Promise<boolean> {
  if (listed === undefined || listed === '*' || listed === true) return true;
  if (listed === false) return false;
  if (typeof listed === 'string') return listed === origin;
  if (listed instanceof RegExp) return listed.test(origin);
  if (Array.isArray(listed)) {
    return listed.some((each) => (each instanceof RegExp ? each.test(origin) : each === origin));
  }
  return new Promise((resolve, reject) => {
    listed(origin, (error, allowed) => {
      if (error) reject(error);
      else resolve(allowed === undefined ? false : listsOrigin(allowed, origin));
    });
  });
}
