/**
 * One Engine.IO connection between a page and a node: two channels, and each end's view of the connection.
 * The network's faults are methods here.
 */

import { CLIENT_EVENTS } from '../../../packages/protocol/src/names.js';
import type { Random } from '../time/random.js';
import type { Scheduler } from '../time/scheduler.js';
import { Channel, type Latency, type Load } from './channel.js';

/** One end of a connection. */
export interface WireEnd {
  receive(load: Load): void;
  /** The end notices that the connection is gone. */
  lost(reason: string): void;
}

export interface WireDeps {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly latency: Latency;
  /** After how long without packets Engine.IO's heartbeat gives up; null: later than the world ends. */
  readonly heartbeatMs: number | null;
  /** Called for each packet, in either direction, when it is sent and when it has arrived. */
  readonly onPacket: (wire: Wire, packet: string, when: 'sent' | 'arrived') => void;
}

export class Wire {
  /** From the client to the server. */
  readonly up: Channel;
  /** From the server to the client. */
  readonly down: Channel;
  readonly #deps: WireDeps;
  #client: WireEnd | undefined;
  #server: WireEnd | undefined;
  #clientOpen = true;
  #serverOpen = true;

  constructor(deps: WireDeps) {
    const { scheduler, random, latency } = deps;
    this.#deps = deps;
    const onPacket = (packet: string, when: 'sent' | 'arrived') =>
      deps.onPacket(this, packet, when);
    const shared = { scheduler, random, latency, onPacket };
    this.up = new Channel({ ...shared, deliver: (load) => this.#server?.receive(load) });
    this.down = new Channel({ ...shared, deliver: (load) => this.#client?.receive(load) });
  }

  join(client: WireEnd, server: WireEnd): void {
    this.#client = client;
    this.#server = server;
  }

  /** Whether both ends consider it open. */
  get whole(): boolean {
    return this.#clientOpen && this.#serverOpen;
  }

  get serverOpen(): boolean {
    return this.#serverOpen;
  }

  get clientOpen(): boolean {
    return this.#clientOpen;
  }

  /** An end closes its side: packets to it are lost, packets from it travel on. */
  closeClient(): void {
    this.#clientOpen = false;
    this.down.close();
    this.#noticeLater('server');
  }

  closeServer(): void {
    this.#serverOpen = false;
    this.up.close();
    this.#noticeLater('client');
  }

  /** The connection breaks; each end that `tells` names notices after a while. */
  cut(tells: 'both' | 'client' | 'server'): void {
    this.up.dead = true;
    this.down.dead = true;
    if (tells !== 'server') this.#after(() => this.#loseClient('transport error'));
    else this.#heartbeat(() => this.#loseClient('ping timeout'));
    if (tells !== 'client') this.#after(() => this.#loseServer('transport close'));
    else this.#heartbeat(() => this.#loseServer('ping timeout'));
  }

  /** Swallows all packets of a direction; only Engine.IO's heartbeat notices. */
  blackHole(direction: 'both' | 'up' | 'down'): void {
    if (direction !== 'down') {
      this.up.dead = true;
      this.#heartbeat(() => this.#loseServer('ping timeout'));
    }
    if (direction !== 'up') this.down.dead = true;
    // The client sends no pings: its heartbeat only expects the server's.
    if (direction !== 'up') this.#heartbeat(() => this.#loseClient('ping timeout'));
  }

  /** A middlebox swallows packets, or sends them twice; the connection continues. */
  tamper(name: string, count: number, copies: 0 | 2): void {
    const channel = name === CLIENT_EVENTS.threadAck ? this.up : this.down;
    channel.tamper(name, count, copies);
  }

  endStalls(): void {
    this.up.endStall();
    this.down.endStall();
  }

  /** The server's process has died: its end gets no notice. */
  closeServerSilently(): void {
    this.#serverOpen = false;
    this.up.close();
  }

  /** Ends what is left of the connection when the world ends. */
  reap(): void {
    this.#loseClient('ping timeout');
    this.#loseServer('ping timeout');
  }

  /** A closing end notifies the other one, unless nothing gets through any more. */
  #noticeLater(end: 'client' | 'server'): void {
    const [channel, lose] =
      end === 'server'
        ? [this.up, () => this.#loseServer('transport close')]
        : [this.down, () => this.#loseClient('transport close')];
    if (channel.dead) this.#heartbeat(lose);
    else {
      const { scheduler } = this.#deps;
      // Arrives after all packets that were sent before.
      const wait = Math.max(channel.lastAt, channel.stalledUntil) - scheduler.now;
      scheduler.after(Math.max(wait, this.#deps.latency.minMs) + 1, () => lose());
    }
  }

  #after(work: () => void): void {
    const { scheduler, random, latency } = this.#deps;
    scheduler.after(random.between(0, latency.maxMs), work);
  }

  #heartbeat(work: () => void): void {
    const { scheduler, random, heartbeatMs } = this.#deps;
    if (heartbeatMs !== null) scheduler.after(heartbeatMs * random.between(0.5, 1), work);
  }

  #loseClient(reason: string): void {
    if (!this.#clientOpen) return;
    this.#clientOpen = false;
    this.down.close();
    this.#client?.lost(reason);
    if (this.#serverOpen) this.#noticeLater('server');
  }

  #loseServer(reason: string): void {
    if (!this.#serverOpen) return;
    this.#serverOpen = false;
    this.up.close();
    this.#server?.lost(reason);
    if (this.#clientOpen) this.#noticeLater('client');
  }
}
