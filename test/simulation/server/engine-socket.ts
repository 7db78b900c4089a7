/**
 * The server's end of a connection, like Engine.IO 6's: a buffer, a transport that is sometimes writable, upgrades.
 * As much of its surface as the session server uses.
 */

import { EventEmitter } from 'node:events';
import type { Load } from '../network/channel.js';
import { ENGINE } from '../network/packets.js';
import type { Wire } from '../network/wire.js';
import type { Life } from '../time/life.js';
import type { Random } from '../time/random.js';
import type { Scheduler } from '../time/scheduler.js';

export class EngineTransport extends EventEmitter {
  readonly name: 'polling' | 'websocket';
  writable = false;

  constructor(name: 'polling' | 'websocket') {
    super();
    this.name = name;
  }

  ready(): void {
    this.writable = true;
    this.emit('ready');
  }
}

interface BufferedPacket {
  readonly type: 'ping' | 'message';
  readonly data?: string;
}

/** The next poll of a client that has read a payload; not an Engine.IO packet. */
export const POLL = 'poll';
/** Ends the payload of a poll; not an Engine.IO packet either. */
export const PAYLOAD_END = 'end';

/** The longest time in which a WebSocket passes a message to the kernel. */
const MAX_WRITE_MS = 3;

export class EngineSocket extends EventEmitter {
  readonly protocol = 4;
  readyState: 'open' | 'closing' | 'closed' = 'open';
  transport: EngineTransport;
  writeBuffer: BufferedPacket[] = [];
  readonly #wire: Wire;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  /** Of its process: while that is frozen, nothing happens here. */
  readonly #life: Life;
  /** While the client moves to the other transport it does not poll. */
  #upgrading = false;

  constructor(
    wire: Wire,
    transport: 'polling' | 'websocket',
    scheduler: Scheduler,
    random: Random,
    life: Life,
  ) {
    super();
    this.#wire = wire;
    this.#scheduler = scheduler;
    this.#random = random;
    this.#life = life;
    this.transport = this.#use(new EngineTransport(transport));
    this.transport.writable = true;
  }

  write(data: string): this {
    this.sendPacket('message', data);
    return this;
  }

  sendPacket(type: 'ping' | 'message', data?: string): void {
    if (this.readyState !== 'open') return;
    const packet: BufferedPacket = { type, ...(data !== undefined && { data }) };
    this.emit('packetCreate', packet);
    this.writeBuffer.push(packet);
    this.#flush();
  }

  get frozen(): boolean {
    return this.#life.frozen;
  }

  /** Buffered bytes. */
  get bufferedBytes(): number {
    return this.writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
  }

  /** As in Engine.IO: writes the buffer first, unless it is discarded. */
  close(discard = false): void {
    if (this.readyState === 'closed') return;
    const waits = !discard && this.writeBuffer.length > 0;
    this.readyState = 'closing';
    if (!waits) this.#end();
  }

  #end(): void {
    this.#wire.down.send(ENGINE.close);
    this.#wire.closeServer();
    this.lost('forced close');
  }

  receive(load: Load): void {
    this.#life.run(() => {
      for (const packet of load) this.#onPacket(packet);
    });
  }

  #onPacket(packet: string): void {
    if (this.readyState === 'closed') return;
    if (packet === POLL) {
      if (this.transport.name === 'polling' && !this.#upgrading) this.transport.ready();
      return;
    }
    this.emit('packet', { type: packet === ENGINE.pong ? 'pong' : 'message', data: packet });
    if (packet === ENGINE.pong) this.emit('heartbeat');
    else if (packet === ENGINE.close) {
      this.#wire.closeServer();
      this.lost('transport close');
    } else this.emit('data', packet.slice(1));
  }

  /** The connection is gone. */
  lost(reason: string): void {
    this.#life.run(() => {
      if (this.readyState === 'closed') return;
      this.readyState = 'closed';
      this.writeBuffer = [];
      this.transport.writable = false;
      this.emit('close', reason);
    });
  }

  /** Its process has died. */
  die(): void {
    this.readyState = 'closed';
    this.transport.writable = false;
  }

  /** The client has begun to move to WebSocket. Returns the function that ends the upgrade. */
  upgrade(): (completed: boolean) => void {
    const candidate = new EngineTransport('websocket');
    this.#upgrading = true;
    // A client that moves ends its poll, which gets an empty answer.
    this.transport.writable = false;
    this.emit('upgrading', candidate);
    return (completed) => this.#life.run(() => this.#upgraded(candidate, completed));
  }

  #upgraded(candidate: EngineTransport, completed: boolean): void {
    if (this.readyState === 'closed') return;
    this.#upgrading = false;
    if (!completed) {
      candidate.emit('close');
      this.transport.ready();
      return;
    }
    this.transport = this.#use(candidate);
    // As in Engine.IO: the new transport is writable and emits no `ready`.
    candidate.writable = true;
    this.emit('upgrade', candidate);
    this.#flush();
  }

  #use(transport: EngineTransport): EngineTransport {
    transport.on('ready', () => this.#flush());
    return transport;
  }

  #flush(): void {
    const { transport } = this;
    if (this.readyState === 'closed' || !transport.writable || this.writeBuffer.length === 0)
      return;
    this.emit('flush', this.writeBuffer);
    const packets = this.writeBuffer;
    this.writeBuffer = [];
    transport.writable = false;
    if (transport.name === 'polling') {
      this.#wire.down.send(...packets.map(encode), PAYLOAD_END);
    } else {
      for (const packet of packets) this.#wire.down.send(encode(packet));
      this.#readyAfterWrite(transport);
    }
    if (this.readyState === 'closing') this.#end();
  }

  /** A WebSocket with a stalled write is not writable. */
  #readyAfterWrite(transport: EngineTransport): void {
    const stalled = Math.max(0, this.#wire.down.stalledUntil - this.#scheduler.now);
    this.#scheduler.after(stalled + this.#random.between(0, MAX_WRITE_MS), () => {
      this.#life.run(() => {
        if (this.readyState !== 'closed' && this.transport === transport) transport.ready();
      });
    });
  }
}

const encode = ({ type, data }: BufferedPacket): string =>
  type === 'ping' ? ENGINE.ping : `${ENGINE.message}${data ?? ''}`;
