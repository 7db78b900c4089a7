/** socket.io-client's Socket on the namespace `/`, the only one of its manager. */

import type { RegisterSession } from '../../../packages/protocol/src/messages.js';
import { CLIENT_EVENTS } from '../../../packages/protocol/src/names.js';
import { SocketListeners } from '../../../packages/testing/src/socket-listeners.js';
import { decodePacket, encodePacket } from '../network/packets.js';
import type { Life } from '../time/life.js';
import { type Dial, Manager, type ManagerOptions } from './manager.js';

type Answered = (answer: unknown) => void;

export class ClientSocket extends SocketListeners {
  readonly io: Manager;
  connected = false;
  /** Whether the manager keeps a connection for it. */
  active = false;
  /** Instances that have sent their newest registration twice on this connection: both may be answered. */
  readonly askedTwice = new Set<string>();
  readonly #attempts = new Map<string, number>();
  readonly #acks = new Map<number, Answered>();
  #id = 0;

  constructor(life: Life, dial: Dial, options: ManagerOptions, random: () => number) {
    super();
    this.io = new Manager(life, dial, options, random, {
      opened: () => this.active && this.#onOpen(),
      packet: (text) => this.#onPacket(text),
      closed: (reason) => this.active && this.#onClose(reason),
      failed: () => this.active && !this.connected && this.fire('connect_error', new Error('xhr')),
    });
  }

  connect(): this {
    if (this.connected) return this;
    this.active = true;
    if (!this.io.reconnecting) this.io.open();
    if (this.io.readyState === 'open') this.#onOpen();
    return this;
  }

  disconnect(): this {
    const { connected } = this;
    if (connected) this.io.write(encodePacket({ type: 'disconnect' }));
    this.active = false;
    this.io.close();
    if (connected) this.#onClose('io client disconnect');
    return this;
  }

  emit(event: string, ...args: readonly unknown[]): this {
    const last = args.at(-1);
    const wantsAnswer = typeof last === 'function';
    const payload = wantsAnswer ? args.slice(0, -1) : args;
    if (!this.connected) return this;
    if (!wantsAnswer) {
      this.io.write(encodePacket({ type: 'event', args: [event, ...payload] }));
      return this;
    }
    if (event === CLIENT_EVENTS.registerSession) this.#note(payload[0] as RegisterSession);
    const id = this.#id++;
    this.#acks.set(id, last as Answered);
    this.io.write(encodePacket({ type: 'event', id, args: [event, ...payload] }));
    return this;
  }

  #note({ instance, attempt }: RegisterSession): void {
    if (this.#attempts.get(instance) === attempt) this.askedTwice.add(instance);
    else this.askedTwice.delete(instance);
    this.#attempts.set(instance, attempt);
  }

  #onOpen(): void {
    this.askedTwice.clear();
    this.#attempts.clear();
    this.io.write(encodePacket({ type: 'connect' }));
  }

  #onPacket(text: string): void {
    if (!this.active) return;
    const packet = decodePacket(text);
    switch (packet.type) {
      case 'connect':
        this.connected = true;
        this.fire('connect');
        return;
      case 'disconnect':
        this.active = false;
        this.io.close();
        this.#onClose('io server disconnect');
        return;
      case 'event': {
        if (!this.connected) return;
        const [event, payload] = packet.args;
        this.fireReceived(String(event), payload);
        return;
      }
      case 'ack': {
        const answered = this.#acks.get(packet.id);
        this.#acks.delete(packet.id);
        answered?.(packet.args[0]);
      }
    }
  }

  #onClose(reason: string): void {
    this.connected = false;
    // Also for a socket that was still connecting.
    this.fire('disconnect', reason);
    this.#acks.clear();
  }
}
