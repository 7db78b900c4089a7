import { Inject, type OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import { createHandler } from '@session-monitor/http';
import { attachSessions, type SessionServer, type Store } from '@session-monitor/server';
import type { Server } from 'socket.io';
import { answer } from './model.js';

export const STORE = Symbol('the store of the conversations');

@WebSocketGateway()
export class ChatGateway implements OnGatewayInit<Server>, OnApplicationShutdown {
  private sessions?: SessionServer;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  /** Nest calls this before it registers the routes of controllers. */
  afterInit(io: Server): void {
    this.store.onFailure(() => process.exit(1));
    this.sessions = attachSessions(io, {
      store: this.store,
      authorize: () => true,
      responder: ({ user_input }) => answer(user_input),
    });
    this.host.httpAdapter.use(createHandler(this.sessions));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.sessions?.close();
    await this.store.close();
  }
}
