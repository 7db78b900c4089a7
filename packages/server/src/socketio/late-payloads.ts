/**
 * Ends polling connections that go on posting after the server has closed them. Engine.IO keeps such a connection for
 * half a minute, for a poll to say goodbye to. Meanwhile it takes payload after payload, parses each, and ignores its
 * packets, so that `packet-guard.ts` does not see them.
 */

import type { ServerResponse } from 'node:http';
import type { LimitHits } from '../observe/limit-hits.js';
import { type EndableSocket, endNow } from './end-now.js';
import type { EngineRequest } from './request-guard.js';

/** A page may post some packets before it polls again and learns of the end. */
const MAX_LATE_PAYLOADS = 10;

interface EngineSocket extends EndableSocket {
  readonly id: string;
  readonly remoteAddress: string;
  readonly readyState: string;
}

/** The part of an Engine.IO server that the guard uses. */
export interface ClientTable {
  readonly clients: Readonly<Record<string, EngineSocket | undefined>>;
}

/** The middleware to give to `engine.use`. */
export function guardLatePayloads(engine: ClientTable, hits: LimitHits) {
  const late = new WeakMap<EngineSocket, number>();
  return ({ method, _query }: EngineRequest, _response: ServerResponse, next: () => void): void => {
    const socket = method === 'POST' ? engine.clients[_query?.sid ?? ''] : undefined;
    if (socket?.readyState === 'closing') {
      const payloads = (late.get(socket) ?? 0) + 1;
      late.set(socket, payloads);
      if (payloads > MAX_LATE_PAYLOADS) {
        hits.add('packetsPerSecond', { connection: socket.id, address: socket.remoteAddress });
        // The request is answered like one for an unknown connection.
        endNow(socket);
      }
    }
    next();
  };
}
