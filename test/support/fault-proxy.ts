/**
 * A TCP proxy that misbehaves on command: it cuts, swallows and stalls. It does not interpret what
 * passes through.
 */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  /** Swallows what either side sends from now on; no side notices. */
  swallowed: boolean;
}

export class FaultProxy {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #target: number;
  /** Connections that were cut so far. */
  cuts = 0;
  /** While true, a WebSocket is cut at the first packet that the server sends over it. */
  refuseUpgrades = false;
  /** While true, new connections are refused by being closed at once. */
  refusing = false;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
  }

  static async to(target: number | string): Promise<FaultProxy> {
    const port = typeof target === 'number' ? target : Number(new URL(target).port);
    const server = createServer();
    const proxy = new FaultProxy(server, port);
    server.on('connection', (client) => proxy.#accept(client));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Connections that pass through now. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Sends new connections elsewhere. */
  retarget(port: number): void {
    this.#target = port;
  }

  /** Destroys every connection, both sides, at once. */
  cut(): void {
    this.cuts += 1;
    for (const pair of [...this.#pairs]) {
      pair.client.resetAndDestroy();
      pair.upstream.resetAndDestroy();
    }
  }

  /** Half-open: the existing connections stay up and carry nothing. New ones work. */
  blackHole(): void {
    for (const pair of this.#pairs) pair.swallowed = true;
  }

  /** Stops reading from the server, like a client that cannot keep up. */
  stall(): void {
    for (const { upstream } of this.#pairs) upstream.pause();
  }

  unstall(): void {
    for (const { upstream } of this.#pairs) upstream.resume();
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const pair of this.#pairs) destroyBoth(pair);
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    if (this.refusing) {
      client.destroy();
      return;
    }
    const upstream = connect(this.#target, '127.0.0.1');
    const pair: Pair = { client, upstream, swallowed: false };
    this.#pairs.add(pair);
    this.#pipe(pair, client, upstream);
    this.#pipe(pair, upstream, client);
  }

  #pipe(pair: Pair, from: Socket, to: Socket): void {
    from.setNoDelay(true);
    let isWebSocket = false;
    from.on('data', (bytes) => {
      if (pair.swallowed) return;
      if (this.refuseUpgrades && from === pair.upstream) {
        if (isWebSocket) return destroyBoth(pair);
        isWebSocket = bytes.includes('101 Switching Protocols');
      }
      if (!to.write(bytes)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    });
    from.on('error', () => {});
    from.on('close', () => {
      if (to.destroyed) this.#pairs.delete(pair);
      // A swallowed connection's other side must not notice.
      else if (!pair.swallowed) to.destroy();
    });
  }
}

function destroyBoth({ client, upstream }: Pair): void {
  client.destroy();
  upstream.destroy();
}
