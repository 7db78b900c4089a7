/** Socket.IO 4 over WebSocket, with as much of connection state recovery as a client needs. */

import type { Payload } from '../payload.js';
import { Subscriber, type SubscriberOptions } from './subscriber.js';

const ENGINE_PATH = '/socket.io/?EIO=4&transport=websocket';
/** The acknowledgement of the join; pings count from 1. */
const JOIN = 0;

export class SocketIoSubscriber extends Subscriber {
  #session: { readonly pid: string; offset?: string } | undefined;

  constructor(options: SubscriberOptions) {
    super(options, ENGINE_PATH);
  }

  protected receive(text: string): void {
    if (text.startsWith('42')) this.event(JSON.parse(text.slice(2)));
    else if (text.startsWith('43')) this.#acknowledged(text);
    else if (text === '2') this.socket.send('3');
    else if (text.startsWith('40')) this.#connected(JSON.parse(text.slice(2)));
    else if (text.startsWith('0')) {
      this.socket.send(this.#session ? `40${JSON.stringify(this.#session)}` : '40');
    }
  }

  protected sendPing(id: number): void {
    this.socket.send(`42${id}["ping",${JSON.stringify(this.pingMessage())}]`);
  }

  protected pingMessage(): object {
    return { session_id: 'AAAAAAAAAAAAAAAAAAAA', offset: this.count };
  }

  protected join(): void {
    this.socket.send(`42${JOIN}${JSON.stringify(['join', this.options.thread])}`);
  }

  protected accepted(_answer: unknown): void {
    this.settle();
  }

  protected event([, event, offset]: readonly unknown[]): void {
    this.take(event as Payload);
    if (this.#session && typeof offset === 'string') this.#session.offset = offset;
  }

  #connected({ pid }: { readonly pid?: string }): void {
    const recovered = pid !== undefined && pid === this.#session?.pid;
    if (pid !== undefined && !recovered) this.#session = { pid };
    // A recovered connection is in its rooms already.
    if (recovered) this.settle();
    else this.join();
  }

  #acknowledged(text: string): void {
    const body = text.indexOf('[');
    const id = Number(text.slice(2, body));
    if (id === JOIN) this.accepted(JSON.parse(text.slice(body))[0]);
    else this.answered(id);
  }
}
