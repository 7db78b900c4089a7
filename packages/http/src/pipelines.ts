/**
 * Requests that a client sends on one connection without waiting for the answers (HTTP/1.1 pipelining). Node takes as many
 * as come and keeps their answers in memory until the client reads. Here the routes answer one at a time, and a
 * connection with too many is cut. HTTP/2 has its own bounds.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { stopParsing } from './stop-parsing.js';

interface Pipeline {
  /** Requests whose answers have not left. */
  underWay: number;
  /** Whether a route answers one of them, and the others in their order. */
  isBusy: boolean;
  readonly line: Work[];
}

interface Work {
  readonly response: ServerResponse;
  readonly begin: () => void;
}

export class Pipelines {
  readonly #most: number;
  readonly #onCut: (request: IncomingMessage) => void;
  readonly #pipelines = new WeakMap<Socket, Pipeline>();

  /** @param most requests of one connection that may be under way */
  constructor(most: number, onCut: (request: IncomingMessage) => void) {
    this.#most = most;
    this.#onCut = onCut;
  }

  /** Counts a request until its answer has left. Returns false if its connection is cut. */
  admits(request: IncomingMessage, response: ServerResponse): boolean {
    const { socket } = request;
    if (request.httpVersionMajor > 1) return true;
    // Node goes on with what it has read of a connection that is gone.
    if (socket.destroyed) return false;
    const pipeline = this.#of(socket);
    if (pipeline.underWay >= this.#most) {
      this.#onCut(request);
      stopParsing(socket);
      socket.destroy();
      return false;
    }
    pipeline.underWay += 1;
    response.once('close', () => {
      pipeline.underWay -= 1;
    });
    return true;
  }

  /** Answers an admitted request after those before it. */
  inTurn(request: IncomingMessage, response: ServerResponse, begin: () => void): void {
    if (request.httpVersionMajor > 1) {
      begin();
      return;
    }
    const pipeline = this.#of(request.socket);
    if (pipeline.isBusy) pipeline.line.push({ response, begin });
    else this.#begin(pipeline, { response, begin });
  }

  #of(socket: Socket): Pipeline {
    const known = this.#pipelines.get(socket);
    if (known) return known;
    const pipeline = { underWay: 0, isBusy: false, line: [] };
    this.#pipelines.set(socket, pipeline);
    return pipeline;
  }

  #begin(pipeline: Pipeline, { response, begin }: Work): void {
    // The client has gone, and does not see what becomes of the others.
    if (response.req.socket.destroyed) return;
    pipeline.isBusy = true;
    response.once('close', () => {
      pipeline.isBusy = false;
      const next = pipeline.line.shift();
      if (next) this.#begin(pipeline, next);
    });
    begin();
  }
}
