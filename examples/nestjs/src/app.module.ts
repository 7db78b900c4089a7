import { Module } from '@nestjs/common';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import { ChatGateway, STORE } from './chat.gateway.js';

@Module({
  providers: [ChatGateway, { provide: STORE, useFactory: () => openLmdbStore({ path: './data' }) }],
})
export class AppModule {}
