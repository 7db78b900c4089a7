/**
 * A TCP proxy that misbehaves on command. It cuts, resets, refuses, stalls, slows down and swallows. It does not
 * interpret what passes through, except for the answer to an upgrade.
 */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Link, type LinkConditions, STEADY } from './link.js';

/** Returns the port of the server that serves now. */
export type Target = () => number;

export type Direction = 'up' | 'down';

/** A client's connection and the one to the server. */
export class ProxiedConnection {
  readonly client: Socket;
  readonly #upstream: Socket;
  readonly links: Readonly<Record<Direction, Link>>;

  constructor(
    client: Socket,
    upstream: Socket,
    conditions: Readonly<LinkConditions>,
    upgradesPass: () => boolean,
  ) {
    this.client = client;
    this.#upstream = upstream;
    let isWebSocket = false;
    const passes = (bytes: Buffer): boolean => {
      if (upgradesPass()) return true;
      if (isWebSocket) this.end('cut');
      isWebSocket = bytes.includes('101 Switching Protocols');
      return !client.destroyed;
    };
    this.links = {
      up: new Link(client, upstream, conditions),
      down: new Link(upstream, client, conditions, passes),
    };
  }

  get ended(): boolean {
    return this.client.destroyed && this.#upstream.destroyed;
  }

  /** Ends both sides: with FIN, or with RST. */
  end(how: 'cut' | 'reset'): void {
    for (const socket of [this.client, this.#upstream]) {
      if (how === 'reset') socket.resetAndDestroy();
      else socket.destroy();
    }
  }
}

export class FaultProxy {
  readonly #server: Server;
  readonly #connections = new Set<ProxiedConnection>();
  readonly #conditions: LinkConditions = { ...STEADY };
  #target: Target;
  /** The directions in which new connections carry nothing. */
  #deaf: readonly Direction[] = [];
  /** While true, a WebSocket is cut at the first packet that the server sends over it. */
  refuseUpgrades = false;
  /** While true, new connections are refused by being closed at once. */
  refusing = false;

  private constructor(server: Server, target: Target) {
    this.#server = server;
    this.#target = target;
  }

  /** @param target a port, a URL, or what returns the port for each connection */
  static async to(target: number | string | Target): Promise<FaultProxy> {
    const server = createServer();
    const proxy = new FaultProxy(server, typeof target === 'function' ? target : fixed(target));
    server.on('connection', (client) => proxy.#accept(client));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Connections that pass through now. */
  get connections(): readonly ProxiedConnection[] {
    return [...this.#connections];
  }

  /** Sends new connections elsewhere. */
  retarget(port: number): void {
    this.#target = () => port;
  }

  /** Applies changed conditions to existing and new connections. */
  change(change: Partial<LinkConditions>): void {
    Object.assign(this.#conditions, change);
    for (const link of this.#links()) link.wake();
  }

  /** Resets every connection, both sides, at once. */
  cut(): void {
    for (const connection of this.#connections) connection.end('reset');
  }

  /** Half-open: the existing connections stay up and carry nothing, without an error. New ones work. */
  blackHole(...directions: readonly Direction[]): void {
    for (const link of this.#links(...directions)) link.deaf = true;
  }

  /** The same for new connections, too, until it is called again: for other directions, or for none. */
  swallow(...directions: readonly Direction[]): void {
    this.#deaf = directions;
    if (directions.length > 0) this.blackHole(...directions);
  }

  /** Stops reading from the server, like a client that cannot keep up. */
  stall(): void {
    for (const link of this.#links('down')) link.reads(false);
  }

  unstall(): void {
    for (const link of this.#links('down')) link.reads(true);
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const connection of this.#connections) connection.end('cut');
    await once(this.#server, 'close');
  }

  /** The links of all connections, in both directions if none is named. */
  #links(...directions: readonly Direction[]): readonly Link[] {
    const wanted = directions.length === 0 ? (['up', 'down'] as const) : directions;
    return this.connections.flatMap(({ links }) => wanted.map((direction) => links[direction]));
  }

  #accept(client: Socket): void {
    if (this.refusing) {
      client.destroy();
      return;
    }
    const upstream = connect(this.#target(), '127.0.0.1');
    const upgradesPass = () => !this.refuseUpgrades;
    const connection = new ProxiedConnection(client, upstream, this.#conditions, upgradesPass);
    this.#connections.add(connection);
    for (const direction of this.#deaf) connection.links[direction].deaf = true;
    const forget = () => connection.ended && this.#connections.delete(connection);
    client.on('close', forget);
    upstream.on('close', forget);
  }
}

function fixed(target: number | string): Target {
  const port = typeof target === 'number' ? target : Number(new URL(target).port);
  return () => port;
}
