import 'reflect-metadata';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';

async function main(): Promise<void> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule);
  // The page is that of the Express example: `npx vite build after` there.
  app.useStaticAssets(join(process.cwd(), '../express/after/dist'));
  app.enableShutdownHooks();
  await app.listen(process.env.PORT ?? 3000);
  console.log(await app.getUrl());
}

void main();
