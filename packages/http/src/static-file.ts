/** A file that never changes while the process runs, kept in memory. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { sendText } from './answer.js';
import type { Exchange } from './exchange.js';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** A file in whose name a hash of its content stands is kept by browsers; any other is asked for each time. */
export const KEEP = 'public, max-age=31536000, immutable';
export const ASK_EACH_TIME = 'no-cache';

export interface StaticFileOptions {
  readonly caching: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Changes the text of the file before it is served. */
  readonly rewrite?: (text: string) => string;
}

/** Returns what answers with the file; it is read for the first request. */
export function staticFile(
  path: string,
  { caching, headers = {}, rewrite }: StaticFileOptions,
): (exchange: Exchange) => Promise<void> {
  const type = CONTENT_TYPES[extname(path)] ?? 'application/octet-stream';
  let loading: Promise<{ body: Buffer; etag: string }> | undefined;
  return async ({ request, response }) => {
    loading ??= load(path, rewrite);
    const { body, etag } = await loading;
    for (const [name, value] of Object.entries({ ...headers, etag, 'cache-control': caching })) {
      response.setHeader(name, value);
    }
    if (request.headers['if-none-match'] !== etag) return sendText(response, body, type);
    response.writeHead(304);
    response.end();
  };
}

async function load(path: string, rewrite: StaticFileOptions['rewrite']) {
  const file = await readFile(path);
  const body = rewrite ? Buffer.from(rewrite(file.toString('utf8'))) : file;
  const digest = createHash('sha256').update(body).digest('base64url').slice(0, 22);
  return { body, etag: `"${digest}"` };
}
