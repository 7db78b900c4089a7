/**
 * A thread over HTTP where nothing else gets through: to a monitor it is a Socket.IO socket. The
 * monitor's messages become requests, and it receives the stream's frames. Its rules are those of a socket:
 * one inbox, one cursor, one backoff.
 */

import {
  CLIENT_EVENTS,
  DEFAULT_SESSION_TTL_MS,
  type Fault,
  type Ping,
  type Receipt,
  type Refusal,
  type RegisterSession,
  readLogHead,
  SERVER_EVENTS,
  type StreamPosition,
  type ThreadResume,
  type ThreadSend,
} from '@session-monitor/protocol';
import type { Fetch } from '../platform/environment.js';
import { ListenedTo, Listeners } from '../platform/listeners.js';
import { bearer, faultOf } from '../sending/http.js';
import { ThreadStream } from './thread-stream.js';

/** How a stream in place of a socket is requested. */
export interface SseOptions {
  /** What sends requests. Default: the platform's `fetch`. */
  readonly fetch?: Fetch;
}

/** A thread that is followed over this socket. */
interface Following {
  readonly session_id: string;
  readonly thread_id: string;
  readonly generation: number;
  readonly token: string | null;
  /** The user that the app claims to be: the server names it to `authorize`, as for a socket. */
  readonly user_id: string | undefined;
  stream: ThreadStream | undefined;
}

type Answered = (answer: unknown) => void;

/** A stream's credit is the connection's: the receipt's window says nothing. */
const NO_WINDOW = { events: Number.MAX_SAFE_INTEGER, bytes: Number.MAX_SAFE_INTEGER } as const;

/**
 * Follows threads of a session server over server-sent events, without a socket.
 *
 *     const monitor = new SessionMonitor(overSse('https://example.org'), { thread_id: 'my-thread' }).start();
 *
 * @param url where the server's routes are
 */
export const overSse = (url: string, options: SseOptions = {}): SseSocket =>
  new SseSocket(url.replace(/\/+$/, ''), options);

export class SseSocket extends ListenedTo {
  connected = false;
  active = false;
  readonly io;
  readonly #url: string;
  /** The path of the routes on their origin, for receipts. */
  readonly #httpPath: string;
  readonly #fetch: Fetch;
  readonly #manager = new Listeners();
  /** By the instance of the monitor. */
  readonly #followings = new Map<string, Following>();
  /** Ends the attempt to reach the server. */
  #probe = new AbortController();
  /** The app's events go one after the other, which keeps their order. */
  #sending: Promise<void> = Promise.resolve();

  constructor(url: string, { fetch }: SseOptions) {
    super();
    this.#url = url;
    this.#httpPath = new URL(url, globalThis.location?.href).pathname;
    this.#fetch = fetch ?? ((target, init) => globalThis.fetch(target, init));
    const manager = this.#manager;
    const isOpen = () => this.connected;
    this.io = {
      uri: url,
      /** The monitor itself reconnects. */
      reconnection: () => false,
      on: manager.on,
      off: manager.off,
      engine: {
        transport: { name: 'sse' },
        get readyState() {
          return isOpen() ? 'open' : 'closed';
        },
        // There is nothing to upgrade to.
        on: () => {},
        off: () => {},
      },
    };
  }

  /** HTTP has no connection: any answer of the server counts as one. */
  connect(): this {
    if (this.active) return this;
    this.active = true;
    this.#probe = new AbortController();
    void this.#reach(this.#probe.signal);
    return this;
  }

  async #reach(signal: AbortSignal): Promise<void> {
    let failure: Error | undefined;
    try {
      // Any answer counts, even one that a page of another site may not read.
      const init = { mode: 'no-cors', cache: 'no-store', signal } as const;
      const response = await this.#fetch(`${this.#url}/healthz`, init);
      response.body?.cancel().catch(() => {});
    } catch (error) {
      failure = Object.assign(new Error((error as Error).message), { type: 'TransportError' });
    }
    if (signal.aborted) return;
    this.connected = failure === undefined;
    this.active = this.connected;
    if (failure) {
      this.events.fire('connect_error', failure);
      return;
    }
    this.#manager.fire('open');
    this.events.fire('connect');
  }

  disconnect(): this {
    this.#close('io client disconnect');
    return this;
  }

  emit(event: string, message: unknown, answered: Answered = () => {}): this {
    switch (event) {
      case CLIENT_EVENTS.registerSession:
        this.#register(message as RegisterSession, answered);
        break;
      case CLIENT_EVENTS.threadResume:
        this.#resume(message as ThreadResume, answered);
        break;
      case CLIENT_EVENTS.ping:
        void this.#ping(message as Ping, answered);
        break;
      case CLIENT_EVENTS.leaveSession:
        this.#bySession(message as Ping)?.stream?.close();
        break;
      case CLIENT_EVENTS.threadSend:
        this.#sending = this.#sending.then(() => this.#send(message as ThreadSend, answered));
    }
    return this;
  }

  #register(message: RegisterSession, answered: Answered): void {
    const { instance, thread_id, attempt, cursor, since, token = null, user_id } = message;
    const known = this.#followings.get(instance);
    known?.stream?.close();
    const following: Following = {
      // The server has no session of this id.
      session_id: known?.session_id ?? instance,
      thread_id,
      generation: attempt,
      token,
      user_id,
      stream: undefined,
    };
    this.#followings.set(instance, following);
    this.#open(following, cursor, String(cursor ?? since ?? 'start'), answered);
  }

  #resume(message: ThreadResume, answered: Answered): void {
    const following = this.#bySession(message);
    if (!following) return;
    following.stream?.close();
    this.#open(following, message.cursor, message.cursor, answered);
  }

  #open(following: Following, cursor: string | undefined, from: string, answered: Answered): void {
    const { thread_id, token, session_id } = following;
    const stream: ThreadStream = new ThreadStream({
      fetch: this.#fetch,
      url: this.#eventsOf(thread_id, `?as=frames&since=${encodeURIComponent(from)}`),
      token,
      onPosition: (position) =>
        answered({ ...receiptOf(following, position, cursor), http_path: this.#httpPath }),
      onFrame: (frame) => this.events.fire(SERVER_EVENTS.threadEvents, { ...frame, session_id }),
      onRefused: (reason) => {
        // Reading creates nothing.
        if (reason.code === 'thread_unknown') void this.#create(following, cursor, from, answered);
        else answered(refusalOf(reason));
      },
      onLost: () => {
        if (following.stream === stream) this.#close('transport close');
      },
    });
    following.stream = stream;
    void stream.run();
  }

  /** Creates the thread, and opens its stream again. */
  async #create(
    following: Following,
    cursor: string | undefined,
    from: string,
    answered: Answered,
  ): Promise<void> {
    const { thread_id, token, stream } = following;
    try {
      const response = await this.#fetch(this.#threadAt(thread_id), {
        method: 'PUT',
        headers: bearer(token),
        ...(stream && { signal: stream.signal }),
      });
      if (!response.ok) return answered(refusalOf(await faultOf(response)));
      if (following.stream === stream) this.#open(following, cursor, from, answered);
    } catch {
      if (following.stream === stream) this.#close('transport close');
    }
  }

  /** Asks for the log's head in a separate request: a silent stream may be dead. */
  async #ping({ session_id }: Ping, answered: Answered): Promise<void> {
    const following = this.#bySession({ session_id });
    const { stream } = following ?? {};
    if (!following || !stream) return;
    const { thread_id, token } = following;
    const url = this.#eventsOf(thread_id, '?since=now&limit=1');
    const headers = { accept: 'application/json', ...bearer(token) };
    try {
      const response = await this.#fetch(url, { headers, signal: stream.signal });
      const head = response.ok ? readLogHead(await response.json()) : undefined;
      if (!head || following.stream !== stream) return;
      const timestamp = new Date().toISOString();
      const pong = { pong: true, timestamp, transport: 'sse', owner: true, session_id };
      answered({ ...pong, ...head, sent: stream.sent, waiting: null });
    } catch {
      // No pong: the monitor draws its conclusions.
    }
  }

  async #send(message: ThreadSend, answered: Answered): Promise<void> {
    const following = this.#bySession(message);
    const { stream } = following ?? {};
    // Ephemeral events need a socket.
    if (!following || !stream || message.ephemeral) return;
    const { thread_id, token, user_id } = following;
    const { event, data, message_id } = message;
    try {
      const response = await this.#fetch(this.#eventsOf(thread_id), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...bearer(token) },
        body: JSON.stringify({ event, data, message_id, user_id }),
        signal: stream.signal,
      });
      if (!response.ok) return answered(refusalOf(await faultOf(response)));
      const { offset } = (await response.json()) as { offset?: number };
      answered({ ok: true, offset });
    } catch {
      // No answer: it is sent again, under its name.
    }
  }

  #eventsOf(thread_id: string, query = ''): string {
    return `${this.#threadAt(thread_id)}/events${query}`;
  }

  #threadAt(thread_id: string): string {
    return `${this.#url}/threads/${encodeURIComponent(thread_id)}`;
  }

  #bySession({ session_id }: { readonly session_id: string }): Following | undefined {
    for (const each of this.#followings.values()) if (each.session_id === session_id) return each;
    return undefined;
  }

  #close(reason: string): void {
    this.active = false;
    this.#probe.abort();
    for (const { stream } of this.#followings.values()) stream?.close();
    this.#followings.clear();
    if (!this.connected) return;
    this.connected = false;
    this.events.fire('disconnect', reason);
  }
}

const refusalOf = (error: Fault): Refusal => ({ ok: false, error });

function receiptOf(
  { session_id, generation }: Following,
  position: StreamPosition,
  continued: string | undefined,
): Receipt {
  const { thread_id, epoch, head, from, cursor, gap, reset, heartbeat_ms } = position;
  return {
    ok: true,
    protocol: 2,
    session_id,
    session_secret: session_id,
    generation,
    thread_id,
    transport: 'sse',
    node: '',
    server_time: '',
    window: NO_WINDOW,
    outcome: reset ? 'reset' : continued === undefined ? 'new' : 'resumed',
    ...(reset && { reason: reset.reason }),
    epoch,
    head,
    from,
    cursor,
    replay: Math.max(0, head - from + 1),
    ...(gap && { gap }),
    ping_interval_ms: heartbeat_ms,
    session_ttl_ms: DEFAULT_SESSION_TTL_MS,
  };
}
