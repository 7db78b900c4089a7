/**
 * Subscribers that cost as little as they can, so that the server is what is measured: a WebSocket and
 * a few lines for each dialect, the same for all peers. Every event is decoded and its number checked.
 */

import { randomBytes } from 'node:crypto';
import { WebSocket } from 'ws';
import type { Payload } from '../payload.js';
import type { Dialect } from '../peers/peer.js';

export interface SubscriberOptions {
  readonly port: number;
  readonly dialect: Dialect;
  readonly thread: string;
  /** Called for each event, in order. */
  readonly onEvent: (event: Payload) => void;
}

type Entry = readonly [name: string, event: Payload];

interface ThreadEvents {
  readonly epoch: string;
  readonly offset: number;
  readonly events: readonly Entry[];
  readonly ack?: true;
}

interface Receipt {
  readonly ok: boolean;
  readonly session_id: string;
  readonly generation: number;
}

export abstract class Subscriber {
  protected readonly socket: WebSocket;
  protected readonly options: SubscriberOptions;
  /** Resolves when it follows its thread. */
  readonly joined: Promise<void>;
  protected settle: () => void = () => {};
  #last = 0;

  constructor(options: SubscriberOptions, path: string) {
    this.options = options;
    this.socket = new WebSocket(`ws://127.0.0.1:${options.port}${path}`, {
      perMessageDeflate: false,
    });
    this.socket.on('message', (data) => this.receive(data.toString()));
    this.joined = new Promise((resolve, reject) => {
      this.settle = resolve;
      this.socket.on('error', reject);
    });
  }

  abstract receive(text: string): void;

  close(): void {
    this.socket.terminate();
  }

  protected take(event: Payload): void {
    if (event.n !== this.#last + 1) throw new Error(`${event.n} came after ${this.#last}`);
    this.#last = event.n;
    this.options.onEvent(event);
  }
}

class WsSubscriber extends Subscriber {
  constructor(options: SubscriberOptions) {
    super(options, '/');
    this.socket.on('open', () => this.socket.send(JSON.stringify(['join', options.thread])));
  }

  receive(text: string): void {
    const message = JSON.parse(text) as Entry | readonly Entry[] | readonly ['joined'];
    if (message[0] === 'joined') this.settle();
    else if (typeof message[0] === 'string') this.take((message as Entry)[1]);
    else for (const [, event] of message as readonly Entry[]) this.take(event);
  }
}

const ENGINE_PATH = '/socket.io/?EIO=4&transport=websocket';

class SocketIoSubscriber extends Subscriber {
  constructor(options: SubscriberOptions) {
    super(options, ENGINE_PATH);
  }

  receive(text: string): void {
    if (text.startsWith('42')) this.event(JSON.parse(text.slice(2)));
    else if (text.startsWith('43')) this.answer(JSON.parse(text.slice(text.indexOf('['))));
    else if (text === '2') this.socket.send('3');
    else if (text.startsWith('0')) this.socket.send('40');
    else if (text.startsWith('40')) this.join();
  }

  protected join(): void {
    this.socket.send(`420${JSON.stringify(['join', this.options.thread])}`);
  }

  protected answer(_answers: readonly unknown[]): void {
    this.settle();
  }

  protected event([, event]: Entry): void {
    this.take(event);
  }
}

class V2Subscriber extends SocketIoSubscriber {
  #receipt: Receipt | undefined;

  protected override join(): void {
    const instance = randomBytes(16).toString('base64url');
    const { thread: thread_id } = this.options;
    const message = { protocol: 2, thread_id, instance, attempt: 1, since: 'start' };
    this.socket.send(`420${JSON.stringify(['register_session', message])}`);
  }

  protected override answer([receipt]: readonly unknown[]): void {
    this.#receipt = receipt as Receipt;
    if (!this.#receipt.ok) throw new Error(`Refused: ${JSON.stringify(receipt)}`);
    this.settle();
  }

  protected override event([name, payload]: readonly [string, unknown]): void {
    if (name !== 'thread_events') return;
    const { events, epoch, offset, ack } = payload as ThreadEvents;
    for (const [, event] of events) this.take(event);
    if (!ack || !this.#receipt) return;
    const { session_id, generation } = this.#receipt;
    const message = { session_id, generation, epoch, offset: offset + events.length - 1 };
    this.socket.send(`42${JSON.stringify(['thread_ack', message])}`);
  }
}

export function subscribe(options: SubscriberOptions): Subscriber {
  switch (options.dialect) {
    case 'ws':
      return new WsSubscriber(options);
    case 'socket.io':
      return new SocketIoSubscriber(options);
    case 'v2':
      return new V2Subscriber(options);
  }
}
