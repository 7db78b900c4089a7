/** A port that leads to the server, under the link conditions of the moment. */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type Direction, type LinkConditions, steadyConditions } from './link-conditions.js';
import { Stream } from './stream.js';

/** Returns the port of the server that serves now. */
export type Target = () => number;

export interface Connection {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly up: Stream;
  readonly down: Stream;
}

export class ChaosProxy {
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly conditions: LinkConditions = steadyConditions();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param target returns the port for each connection */
  static async to(target: Target): Promise<ChaosProxy> {
    const server = createServer();
    const proxy = new ChaosProxy(server);
    server.on('connection', (client) => proxy.#accept(client, target()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get connections(): readonly Connection[] {
    return [...this.#connections];
  }

  /** Applies changed conditions to existing and new connections. */
  change(change: Partial<LinkConditions>): void {
    Object.assign(this.conditions, change);
    for (const { up, down } of this.#connections) {
      up.wake();
      down.wake();
    }
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const connection of this.#connections) end(connection, 'reset');
    await once(this.#server, 'close');
  }

  #accept(client: Socket, port: number): void {
    const upstream = connect(port, '127.0.0.1');
    const connection: Connection = {
      client,
      upstream,
      up: new Stream(client, upstream, this.conditions),
      down: new Stream(upstream, client, this.conditions),
    };
    this.#connections.add(connection);
    if (this.conditions.deafness) makeDeaf(connection, this.conditions.deafness);
    const forget = () => {
      if (client.destroyed && upstream.destroyed) this.#connections.delete(connection);
    };
    client.on('close', forget);
    upstream.on('close', forget);
  }
}

/** Ends both sides: with FIN, or with RST. */
export function end({ client, upstream }: Connection, how: 'cut' | 'reset'): void {
  for (const socket of [client, upstream]) {
    if (how === 'reset') socket.resetAndDestroy();
    else socket.destroy();
  }
}

/** Makes a connection half-open: from now on nothing gets through in one direction, without an error. */
export function makeDeaf(connection: Connection, direction: Direction): void {
  connection[direction].deaf = true;
}
