/**
 * One connection: messages arrive in order, or not at all. A frozen one is half-open: messages wait, and neither
 * end gets an event.
 */

import type { Transport } from '@session-monitor/protocol';

/** Lets something happen as soon as the network has carried it. */
export type Carry = (arrive: () => void) => void;

/** The socket's end. */
export interface ClientEnd {
  /** Whether the socket still uses the connection. */
  uses(connection: FakeConnection): boolean;
  received(event: string, payload: unknown): void;
  lost(connection: FakeConnection): void;
}

/**
 * A monitor's state on the connection, in this order: it registers or is about to, it is registered, the server
 * has refused it for good.
 */
export type Seat = 'asked' | 'seated' | 'turned away';

export interface ConnectionDeps {
  readonly id: string;
  readonly transport: Transport;
  readonly client: ClientEnd;
  readonly carry: Carry;
}

export class FakeConnection {
  readonly id: string;
  readonly transport: Transport;
  /** By the instances of the monitors. */
  readonly seats = new Map<string, Seat>();
  /** Set when the server is about to end it: what it has said before still arrives. */
  isEnding = false;
  readonly #client: ClientEnd;
  readonly #carry: Carry;
  #isOpen = true;
  /** What waits while it is frozen. */
  #held: (() => void)[] | undefined;
  #underWay = 0;

  constructor({ id, transport, client, carry }: ConnectionDeps) {
    this.id = id;
    this.transport = transport;
    this.#client = client;
    this.#carry = carry;
  }

  /** Messages that have not arrived. */
  get underWay(): number {
    return this.#underWay;
  }

  get isFrozen(): boolean {
    return this.#held !== undefined;
  }

  /** Carries something to the server's end. */
  toServer(arrive: () => void): void {
    if (!this.#isOpen) return;
    this.#underWay += 1;
    this.#carry(() => {
      if (!this.#isOpen) return;
      if (this.#held) this.#held.push(arrive);
      else this.#arrived(arrive);
    });
  }

  /** Carries something to the socket, unless that is gone by then. */
  toClient(arrive: () => void): void {
    this.toServer(() => {
      if (this.#client.uses(this)) arrive();
    });
  }

  /** Answers a message of the client's. */
  answer(answered: (answer: unknown) => void, payload: object): void {
    const text = JSON.stringify(payload);
    this.toClient(() => answered(JSON.parse(text)));
  }

  /** Sends an event; `arrived` is called when its listeners have been. */
  send(event: string, payload: unknown, arrived: () => void = () => {}): void {
    const text = JSON.stringify(payload);
    this.toClient(() => {
      this.#client.received(event, text === undefined ? undefined : JSON.parse(text));
      arrived();
    });
  }

  freeze(): void {
    this.#held ??= [];
  }

  /** What has waited arrives, in order. */
  thaw(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const arrive of held) if (this.#isOpen) this.#arrived(arrive);
  }

  /** Ends it for the server; the socket has ended it, or will find out by itself. */
  close(): void {
    this.#isOpen = false;
    this.#held = undefined;
    this.#underWay = 0;
  }

  /** Ends it for both. What was under way is lost. */
  cut(): void {
    if (!this.#isOpen) return;
    this.close();
    this.#client.lost(this);
  }

  #arrived(arrive: () => void): void {
    this.#underWay -= 1;
    arrive();
  }
}
