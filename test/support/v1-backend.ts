/** A backend as it existed before this project: Socket.IO rooms, and the v1 events of the table. */

import { createServer, type Server as HttpServer } from 'node:http';
import { Server, type Socket } from 'socket.io';
import { listen, urlOf } from './listen.js';

export interface V1BackendOptions {
  /** How a registration is answered. Default: the event. */
  readonly answers?: 'event' | 'acknowledgement' | 'both';
  /** How missed messages are sent. Default: one by one, then `missed_messages_delivered`. */
  readonly missed?: 'events' | 'missed_messages' | 'no_missed_messages';
  /** Default true. */
  readonly answersPings?: boolean;
}

export class V1Backend {
  readonly io: Server;
  /** Every event that came, with its first argument. */
  readonly heard: { readonly name: string; readonly payload: unknown; readonly at: number }[] = [];
  readonly #http: HttpServer;
  readonly #options: V1BackendOptions;
  /** What was sent while no client was in the thread's room. */
  readonly #undelivered: { name: string; data: object }[] = [];

  private constructor(options: V1BackendOptions) {
    this.#options = options;
    this.#http = createServer();
    this.io = new Server(this.#http);
    this.io.on('connection', (socket) => this.#accept(socket));
  }

  static async start(options: V1BackendOptions = {}): Promise<V1Backend> {
    const backend = new V1Backend(options);
    await listen(backend.#http);
    return backend;
  }

  get url(): string {
    return urlOf(this.#http);
  }

  payloads(name: string): readonly unknown[] {
    return this.heard.filter((each) => each.name === name).map(({ payload }) => payload);
  }

  /** Sends to the clients in the thread's room. Keeps the event if the room is empty. */
  send(thread_id: string, name: string, data: object): void {
    if (this.io.sockets.adapter.rooms.get(thread_id)?.size) this.io.to(thread_id).emit(name, data);
    else this.#undelivered.push({ name, data });
  }

  async close(): Promise<void> {
    await this.io.close();
  }

  #accept(socket: Socket): void {
    socket.onAny((name, payload) => this.heard.push({ name, payload, at: performance.now() }));
    const { answers = 'event', answersPings = true } = this.#options;
    socket.on('register_session', ({ thread_id }, ack) => {
      void socket.join(thread_id);
      if (answers !== 'acknowledgement') {
        socket.emit('session_registered', {
          status: 'ready',
          thread_id,
          session_id: socket.id,
          transport: socket.conn.transport.name,
          is_in_room: true,
        });
      }
      if (answers !== 'event') ack?.();
    });
    socket.on('ping', (_payload, ack) => answersPings && ack?.('anything'));
    socket.on('system_ping_response', (_payload, ack) => ack?.({ status: 'acknowledged' }));
    socket.on('request_missed_messages', ({ thread_id }) => this.#sendMissed(socket, thread_id));
  }

  #sendMissed(socket: Socket, thread_id: string): void {
    const missed = this.#undelivered.splice(0);
    switch (this.#options.missed) {
      case 'missed_messages':
        socket.emit('missed_messages', { thread_id, messages: missed.map(({ data }) => data) });
        return;
      case 'no_missed_messages':
        socket.emit('no_missed_messages', { thread_id });
        return;
      default:
        for (const { name, data } of missed) socket.emit(name, data);
        socket.emit('missed_messages_delivered', { thread_id, count: missed.length });
    }
  }
}
