// node nest.mjs express|fastify: Nest's default body parser is in front of the handler.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { chat } from './chat.mjs';

class AppModule {}
Module({})(AppModule);
const { FastifyAdapter } = await import('@nestjs/platform-fastify');
const platform = process.argv[2] === 'fastify' ? [new FastifyAdapter()] : [];
const app = await NestFactory.create(AppModule, ...platform, { logger: ['error', 'warn'] });
const { handler } = chat(app.getHttpServer());
app.use(handler);
await app.listen(0, '127.0.0.1');
console.log(`http://127.0.0.1:${app.getHttpServer().address().port}`);
