/** Socket.IO packet by packet, over a WebSocket or by polling, with whichever headers. */

import { WebSocket } from 'ws';
import { within } from '../support/until.js';
import { type Answer, type Place, send } from './requests.js';

const PATH = '/socket.io/?EIO=4';
/** Between the packets of one payload. */
const SEPARATOR = '\x1e';
const PATIENCE_MS = 20_000;

export interface Route {
  readonly place: Place;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

/** A connection, or why there is none. */
export type Opened = { readonly talk: Conversation } | { readonly refusal: string };

const pathOf = (transport: string, query: Readonly<Record<string, string>>): string =>
  `${PATH}&${new URLSearchParams({ transport, ...query })}`;

/** One request of polling, with its answer. */
export const poll = (
  { place, headers, query }: Route,
  method: string,
  body?: string,
): Promise<Answer> => send({ ...place, headers, method, path: pathOf('polling', query), body });

export class Conversation {
  /** What the server has sent, packet by packet. */
  readonly packets: string[] = [];
  readonly #write: (packet: string) => void;
  readonly #end: () => void;
  readonly #waiting = new Set<() => void>();
  #asked = 0;
  /** Where events begin that were not heard yet. */
  #heard = 0;

  private constructor(write: (packet: string) => void, end: () => void) {
    this.#write = write;
    this.#end = end;
  }

  static open(transport: 'polling' | 'websocket', route: Route): Promise<Opened> {
    return transport === 'polling'
      ? Conversation.#byPolling(route)
      : Conversation.#byWebSocket(route);
  }

  static #byWebSocket({ place, headers, query }: Route): Promise<Opened> {
    const { socketPath, host, port, localAddress } = place;
    const path = pathOf('websocket', query);
    const url = socketPath ? `ws+unix:${socketPath}:${path}` : `ws://${host}:${port}${path}`;
    const socket = new WebSocket(url, { headers, ...(localAddress && { localAddress }) });
    const talk = new Conversation(
      (packet) => socket.send(packet),
      () => socket.terminate(),
    );
    return new Promise((resolve) => {
      socket.on('unexpected-response', (request, { statusCode }) => {
        request.destroy();
        resolve({ refusal: String(statusCode) });
      });
      socket.on('error', () => resolve({ refusal: 'unreachable' }));
      // The server speaks first, unless this continues a connection.
      if (query.sid !== undefined) socket.on('open', () => socket.send('2probe'));
      socket.on('message', (data) => {
        talk.#take(String(data));
        resolve({ talk });
      });
    });
  }

  static async #byPolling(route: Route): Promise<Opened> {
    const handshake = await poll(route, 'GET');
    const { status, text } = handshake;
    if (status !== 200) return { refusal: status === 0 ? 'unreachable' : String(status) };
    const { sid } = JSON.parse(text.slice(1)) as { sid: string };
    const known = { ...route, query: { ...route.query, sid } };
    let isOpen = true;
    const talk = new Conversation(
      (packet) => void poll(known, 'POST', packet),
      () => {
        isOpen = false;
        // The server ends the poll that is under way, too.
        void poll(known, 'POST', '1');
      },
    );
    talk.#take(text);
    const read = async () => {
      while (isOpen) {
        const answer = await poll(known, 'GET');
        if (answer.status !== 200) return;
        for (const packet of answer.text.split(SEPARATOR)) talk.#take(packet);
      }
    };
    void read();
    return { talk };
  }

  /** Joins the namespace. */
  async join(auth: object): Promise<void> {
    this.#write(`40${JSON.stringify(auth)}`);
    await this.#next((packet) => packet.startsWith('40'));
  }

  /** Sends an event; resolves with the answer. */
  async ask(event: string, payload: object): Promise<Readonly<Record<string, unknown>>> {
    const id = this.#asked;
    this.#asked += 1;
    this.#write(`42${id}${JSON.stringify([event, payload])}`);
    const start = `43${id}[`;
    const packet = await this.#next((each) => each.startsWith(start));
    return JSON.parse(packet.slice(start.length - 1))[0];
  }

  /** Sends an event that is answered by events. */
  emit(event: string, ...payload: readonly object[]): void {
    this.#write(`42${JSON.stringify([event, ...payload])}`);
  }

  /** Resolves with the next event of one of these names, and its argument. */
  async heard(
    ...names: readonly string[]
  ): Promise<readonly [name: string, argument: Readonly<Record<string, unknown>>]> {
    const packet = await this.#next(
      (each, index) =>
        index >= this.#heard && names.some((name) => each.startsWith(`42["${name}"`)),
    );
    this.#heard = this.packets.indexOf(packet, this.#heard) + 1;
    return JSON.parse(packet.slice(2));
  }

  end(): void {
    this.#end();
  }

  /** Resolves with the first packet that fits. */
  async #next(fits: (packet: string, index: number) => boolean): Promise<string> {
    const coming = new Promise<string>((resolve) => {
      const look = () => {
        const packet = this.packets.find(fits);
        if (packet === undefined) return;
        this.#waiting.delete(look);
        resolve(packet);
      };
      this.#waiting.add(look);
      look();
    });
    const packet = await within(PATIENCE_MS, coming);
    if (packet !== undefined) return packet;
    throw new Error(`No answer. The server has sent: ${this.packets.join(' ')}`);
  }

  #take(packet: string): void {
    // Engine.IO asks whether the client is there.
    if (packet === '2') this.#write('3');
    this.packets.push(packet);
    for (const look of this.#waiting) look();
  }
}
