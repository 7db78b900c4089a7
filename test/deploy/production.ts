/** The server as docs/deploy.md runs it: production, with examples/deploy/authorize.mjs and its backend. */

import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Command } from '../support/command.js';
import type { Lab } from '../support/lab.js';
import { listen } from '../support/listen.js';
import { ROOT } from '../support/root.js';

export const EXAMPLES = join(ROOT, 'examples', 'deploy');

/** The token of the only user, and the user's only thread. */
export const TOKEN = 'token-of-ada';
export const THREAD = 'ada-1';

export interface Production {
  readonly url: string;
  readonly command: Command;
  /** The requests to the backend. */
  readonly asked: string[];
}

export async function startProduction(
  lab: Lab,
  env: Readonly<Record<string, string>> = {},
): Promise<Production> {
  const asked: string[] = [];
  const backend = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://backend');
    asked.push(`${url.searchParams.get('action')} ${url.searchParams.get('thread_id')}`);
    const known = request.headers.authorization === `Bearer ${TOKEN}`;
    const allowed = known && url.searchParams.get('thread_id') === THREAD;
    response.statusCode = allowed ? 200 : known ? 403 : 401;
    response.end(allowed ? JSON.stringify({ user_id: 'ada' }) : '');
  });
  const backendUrl = await listen(backend);
  lab.defer(() => {
    backend.closeAllConnections();
    backend.close();
  });
  const { url, server: command } = await lab.serve({
    MODE: 'production',
    HOST: '127.0.0.1',
    AUTHORIZE: join(EXAMPLES, 'authorize.mjs'),
    BACKEND_URL: `${backendUrl}/allowed`,
    NODE_OPTIONS: '--max-semi-space-size=64',
    DEMO_PARTS_PER_SECOND: '200',
    ...env,
  });
  return { url, command, asked };
}
