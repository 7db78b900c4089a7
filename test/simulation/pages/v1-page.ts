/** A page from before this project: a plain Socket.IO socket that knows the events of v1. */

import {
  CLIENT_EVENTS,
  isReservedEvent,
  SERVER_EVENTS,
} from '../../../packages/protocol/src/names.js';
import type { V1SessionRegistered } from '../../../packages/protocol/src/v1/messages.js';
import { V1View } from '../oracle/v1-view.js';
import { nodeNumberOf } from '../server/node-name.js';
import { Life } from '../time/life.js';
import { ClientSocket } from './client-socket.js';
import { type Interruption, type SimPageDeps, withoutOne } from './page.js';

const RETRY_MS = 300;
const BACK_MS = 50;

export class V1Page {
  readonly name: string;
  readonly life: Life;
  readonly socket: ClientSocket;
  /** It has no monitors. */
  readonly followings = [];
  readonly #view: V1View;
  readonly #thread_id: string;
  readonly #pingIntervalMs: number;
  /** The app disconnects when it gets the next event. */
  interruption: Interruption | null = null;
  #registeredBefore = false;

  constructor(deps: SimPageDeps) {
    this.name = deps.name;
    this.life = new Life(deps.scheduler);
    this.#thread_id = deps.threads[0] ?? '';
    this.#pingIntervalMs = deps.pingIntervalMs;
    this.#view = new V1View(deps.name, this.#thread_id, deps.checker, deps.reference);
    const random = () => deps.random.next();
    this.socket = new ClientSocket(this.life, deps.dial(this.life), deps.manager, random);
    this.socket.on('connect', () => this.#onConnect());
    this.socket.on(SERVER_EVENTS.sessionRegistered, ({ session_id }: V1SessionRegistered) => {
      this.#view.onRegistered(deps.scheduler.now, nodeNumberOf(session_id));
    });
    this.socket.on(SERVER_EVENTS.error, (notice: object) => {
      this.#view.onNotice(notice);
      // Refused: the page asks again, as v1 pages have to.
      if ('code' in notice) this.life.after(RETRY_MS, () => this.#register());
    });
    this.socket.onAny((event: string, data: unknown) => {
      if (isReservedEvent(event)) return;
      this.#view.onEvent(event, data);
      const { interruption } = this;
      this.interruption = withoutOne(interruption);
      if (interruption?.skip === 0) this.interrupt(interruption.afterMs);
    });
  }

  /** The app disconnects, and is back after a while. */
  interrupt(afterMs: number | null): void {
    this.socket.disconnect();
    this.life.after(afterMs ?? BACK_MS, () => this.start());
  }

  hasStopped(): boolean {
    return false;
  }

  start(): void {
    this.socket.connect();
  }

  close(): void {
    this.socket.disconnect();
  }

  vanish(): void {
    this.life.end();
    this.socket.io.engine.close();
  }

  wake(): void {}

  /** The server's store was restored from that time. */
  onRestored(takenAt: number, lastNode: number): void {
    this.#view.onRestored(takenAt, lastNode);
  }

  get wire() {
    const { engine } = this.socket.io;
    return engine.readyState === 'open' ? engine.wire : undefined;
  }

  unsettled(): string | undefined {
    return this.socket.connected ? this.#view.difference() : 'is not connected';
  }

  #onConnect(): void {
    this.#view.onConnect();
    this.#register();
    this.#ping();
  }

  #register(): void {
    const { socket } = this;
    const thread_id = this.#thread_id;
    socket.emit(CLIENT_EVENTS.registerSession, { thread_id });
    if (this.#registeredBefore) socket.emit(CLIENT_EVENTS.requestMissedMessages, { thread_id });
    this.#registeredBefore = true;
  }

  #ping(): void {
    const { socket } = this;
    const { engine } = socket.io;
    socket.emit(CLIENT_EVENTS.ping, { thread_id: this.#thread_id }, () => {
      this.life.after(this.#pingIntervalMs, () => engine === socket.io.engine && this.#ping());
    });
  }
}
