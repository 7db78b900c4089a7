/**
 * `GET /`: the demo page and its assets, as the build has put them into the package of the demo. The
 * page may load from and talk to this server only, and no text of a conversation can become code.
 */

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { isAtThisMachine } from '../debug/gate.js';

/** `'self'` covers the WebSocket of the same origin. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  // The thread's name stands in the address.
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
} as const;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** Assets bear a hash of their content in their names; the page asks each time whether it has changed. */
const FOR_EVER = 'public, max-age=31536000, immutable';
const ASK_EACH_TIME = 'no-cache';

/** @param development the mode is development and the listener is loopback */
export async function demoRoutes(app: FastifyInstance, development: boolean): Promise<void> {
  const page = fileURLToPath(import.meta.resolve('@session-monitor/demo/index.html'));
  const folder = dirname(page);
  const paths = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of paths.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    await serve(app, path === page ? '/' : urlOf(folder, path), path);
  }

  /** What the page has to know of the process that serves it, to tell how to kill it. */
  app.get('/demo.json', async ({ socket, headers }, reply) => {
    const here = development && isAtThisMachine({ peer: socket.remoteAddress, headers });
    void reply.headers(HEADERS).header('cache-control', 'no-store');
    return { mode: development ? 'development' : 'production', pid: here ? process.pid : null };
  });
}

const urlOf = (folder: string, path: string): string =>
  `/${relative(folder, path).replaceAll(sep, '/')}`;

async function serve(app: FastifyInstance, url: string, path: string): Promise<void> {
  const body = await readFile(path);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const type = CONTENT_TYPES[extname(path)] ?? 'application/octet-stream';
  const caching = url === '/' ? ASK_EACH_TIME : FOR_EVER;
  app.get(url, async (request, reply) => {
    void reply.headers({ ...HEADERS, etag, 'cache-control': caching });
    if (request.headers['if-none-match'] === etag) return reply.status(304).send();
    return reply.type(type).send(body);
  });
}
