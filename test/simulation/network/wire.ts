/**
 * One Engine.IO connection between a page and a node: two channels, and what each end knows of the
 * other's fate. Faults of the network are methods here.
 */

import { CLIENT_EVENTS } from '../../../packages/protocol/src/names.js';
import type { Random } from '../time/random.js';
import type { Scheduler } from '../time/scheduler.js';
import { Channel, type Latency, type Load } from './channel.js';

/** One end of a connection. */
export interface WireEnd {
  receive(load: Load): void;
  /** The connection is found to be gone. */
  lost(reason: string): void;
}

export interface WireDeps {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly latency: Latency;
  /** How long Engine.IO's own heartbeat takes to find that nothing arrives; null: longer than we look. */
  readonly heartbeatMs: number | null;
  /** Told of each packet, in either direction, when it is sent and when it has arrived. */
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

  /** Whether both ends take it for open. */
  get whole(): boolean {
    return this.#clientOpen && this.#serverOpen;
  }

  get serverOpen(): boolean {
    return this.#serverOpen;
  }

  get clientOpen(): boolean {
    return this.#clientOpen;
  }

  /** An end closes its side: what is on its way to it is lost, what it has sent goes on. */
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

  /** The connection breaks; each end that `tells` names hears of it after a while. */
  cut(tells: 'both' | 'client' | 'server'): void {
    this.up.dead = true;
    this.down.dead = true;
    if (tells !== 'server') this.#after(() => this.#loseClient('transport error'));
    else this.#heartbeat(() => this.#loseClient('ping timeout'));
    if (tells !== 'client') this.#after(() => this.#loseServer('transport close'));
    else this.#heartbeat(() => this.#loseServer('ping timeout'));
  }

  /** Swallows what is sent in a direction; nobody is told, but for Engine.IO's heartbeat. */
  blackHole(direction: 'both' | 'up' | 'down'): void {
    if (direction !== 'down') {
      this.up.dead = true;
      this.#heartbeat(() => this.#loseServer('ping timeout'));
    }
    if (direction !== 'up') this.down.dead = true;
    // The client sends nothing of its own accord: it hears the server's pings or it does not.
    if (direction !== 'up') this.#heartbeat(() => this.#loseClient('ping timeout'));
  }

  /** Something in between swallows packets, or sends them twice; the connection goes on. */
  tamper(name: string, count: number, copies: 0 | 2): void {
    const channel = name === CLIENT_EVENTS.threadAck ? this.up : this.down;
    channel.tamper(name, count, copies);
  }

  endStalls(): void {
    this.up.endStall();
    this.down.endStall();
  }

  /** The server's process is no more: its end does not live to hear anything. */
  closeServerSilently(): void {
    this.#serverOpen = false;
    this.up.close();
  }

  /** What is left of it at the end of the world. */
  reap(): void {
    this.#loseClient('ping timeout');
    this.#loseServer('ping timeout');
  }

  /** A closing end says so, unless nothing gets through any more. */
  #noticeLater(end: 'client' | 'server'): void {
    const [channel, lose] =
      end === 'server'
        ? [this.up, () => this.#loseServer('transport close')]
        : [this.down, () => this.#loseClient('transport close')];
    if (channel.dead) this.#heartbeat(lose);
    else {
      const { scheduler } = this.#deps;
      // Behind everything that was sent before.
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
