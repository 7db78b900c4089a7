import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that the kernel gives to connections, so that a free port stays free for a moment. Above 10080,
 * the last port that `fetch` and browsers refuse (https://fetch.spec.whatwg.org/#port-blocking).
 */
const [FIRST, LAST] = [10_100, 32_000];

/** A port that is free now, for a server that must come back on the same one. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
