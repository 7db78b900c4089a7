/**
 * A Socket.IO connection over a bare WebSocket: it sends any text, and is light enough for thousands. It answers the
 * server's pings.
 */

import type { Receipt } from '@session-monitor/protocol';
import { WebSocket } from 'ws';
import { within } from '../../support/until.js';

const OPEN_MS = 60_000;

export interface PeerOptions {
  readonly port: number;
  readonly address: string;
  readonly onEvent?: (name: string, args: readonly unknown[]) => void;
  /** Gets every packet as it came. */
  readonly onText?: (text: string) => void;
}

export class SocketPeer {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: unknown) => void>();
  readonly #onEvent: PeerOptions['onEvent'];
  #id = 0;
  open = false;
  /** Resolves when it has joined the default namespace, or was closed before. */
  readonly ready: Promise<unknown>;
  readonly closed: Promise<unknown>;

  constructor({ port, address, onEvent, onText }: PeerOptions) {
    this.#onEvent = onEvent;
    this.#socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, {
      localAddress: address,
      perMessageDeflate: false,
      handshakeTimeout: OPEN_MS,
    });
    this.closed = new Promise((resolve) => {
      this.#socket.on('close', () => {
        this.open = false;
        for (const answer of this.#waiting.values()) answer(undefined);
        this.#waiting.clear();
        resolve(undefined);
      });
    });
    const joined = new Promise((resolve) => {
      this.#socket.on('message', (data) => {
        const text = String(data);
        onText?.(text);
        if (text === '2') this.send('3');
        else if (text.startsWith('0')) {
          this.open = true;
          this.send('40');
        } else if (text.startsWith('40')) resolve(undefined);
        else if (text.startsWith('43')) this.#handleAnswer(text);
        else if (text.startsWith('42')) this.#handleEvent(text);
      });
    });
    this.#socket.on('error', () => {});
    this.ready = Promise.race([joined, this.closed]);
  }

  send(text: string | Buffer): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  emit(...event: readonly unknown[]): void {
    this.send(`42${JSON.stringify(event)}`);
  }

  /** Resolves with the answer, or with undefined if there is none in time or the connection closes. */
  ask(...event: readonly unknown[]): Promise<unknown> {
    this.#id += 1;
    const id = this.#id;
    if (!this.open) return Promise.resolve(undefined);
    const answer = new Promise((resolve) => {
      this.#waiting.set(id, resolve);
    });
    this.send(`42${id}${JSON.stringify(event)}`);
    return within(OPEN_MS, answer);
  }

  /** Registers in the second dialect; resolves with the receipt or the refusal. */
  register(thread_id: string, instance: string, more: object = {}): Promise<unknown> {
    const message = { protocol: 2, thread_id, instance, attempt: 1, ...more };
    return this.ask('register_session', message);
  }

  close(): void {
    this.#socket.terminate();
  }

  #handleAnswer(text: string): void {
    const [, id = '', json = '[]'] = /^43(\d+)(.*)$/s.exec(text) ?? [];
    const waiting = this.#waiting.get(Number(id));
    this.#waiting.delete(Number(id));
    waiting?.((JSON.parse(json) as readonly unknown[])[0]);
  }

  #handleEvent(text: string): void {
    if (!this.#onEvent) return;
    const [name, ...args] = JSON.parse(text.slice(2)) as readonly [string, ...unknown[]];
    this.#onEvent(name, args);
  }
}

/** Whether the server has done what it was asked. */
export const isOk = (answer: unknown): boolean =>
  (answer as { readonly ok?: unknown } | undefined)?.ok === true;

/** Whether the answer to a registration is a receipt. */
export const isReceipt = (answer: unknown): answer is Receipt => isOk(answer);
