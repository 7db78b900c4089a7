/** Session Monitor's protocol: registers, acknowledges when asked, comes back with its cursor. */

import { randomBytes } from 'node:crypto';
import { EVENT, type Payload } from '../payload.js';
import { SocketIoSubscriber } from './socket-io.js';
import type { Entry } from './subscriber.js';

interface ThreadEvents {
  readonly epoch: string;
  readonly cursor: string;
  readonly events: readonly Entry[];
  readonly ack?: true;
  readonly gap?: object;
  readonly reset?: object;
}

interface Receipt {
  readonly ok: boolean;
  readonly session_id: string;
  readonly session_secret: string;
  readonly generation: number;
  readonly epoch: string;
  readonly cursor: string;
}

export class V2Subscriber extends SocketIoSubscriber {
  readonly #instance = randomBytes(16).toString('base64url');
  #attempt = 0;
  #receipt: Receipt | undefined;
  #cursor: string | undefined;

  protected override join(): void {
    const { thread: thread_id } = this.options;
    const known = this.#receipt && {
      session_id: this.#receipt.session_id,
      session_secret: this.#receipt.session_secret,
      cursor: this.#cursor ?? this.#receipt.cursor,
    };
    this.#attempt += 1;
    const own = { instance: this.#instance, attempt: this.#attempt };
    const message = { protocol: 2, thread_id, ...own, since: 'start', ...known };
    this.socket.send(`420${JSON.stringify(['register_session', message])}`);
  }

  protected override accepted(answer: unknown): void {
    this.#receipt = answer as Receipt;
    if (!this.#receipt.ok) throw new Error(`Refused: ${JSON.stringify(answer)}`);
    this.settle();
  }

  protected override pingMessage(): object {
    const { session_id, generation, epoch } = this.#receipt ?? {};
    return { session_id, generation, epoch, offset: this.count };
  }

  protected override event([name, payload]: readonly unknown[]): void {
    if (name !== 'thread_events') return;
    const { events, epoch, cursor, ack, gap, reset } = payload as ThreadEvents;
    if (gap || reset) throw new Error(`Lost: ${JSON.stringify(gap ?? reset)}`);
    // A reply has a first event and a last one that carry no number.
    for (const [name, event] of events) if (name === EVENT) this.take(event as Payload);
    this.#cursor = cursor;
    if (!ack || !this.#receipt) return;
    const { session_id, generation } = this.#receipt;
    // An entry may stand for several offsets; the cursor holds the last one.
    const message = { session_id, generation, epoch, offset: Number(cursor.split('.')[1]) };
    this.socket.send(`42${JSON.stringify(['thread_ack', message])}`);
  }
}
