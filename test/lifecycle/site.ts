/** Serves the page that follows, and one that does nothing, as files of any web server. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'vite';
import { ROOT } from '../support/root.js';

export interface Site {
  readonly origin: string;
  close(): Promise<void>;
}

export async function startSite(): Promise<Site> {
  const script = await bundlePage();
  const html = (body: string) => `<!doctype html><title>Lifecycle</title>${body}`;
  const files: Readonly<Record<string, readonly [type: string, text: string]>> = {
    '/page.html': ['text/html', html('<script type="module" src="/page.js"></script>')],
    '/elsewhere.html': ['text/html', html('<p>Elsewhere</p>')],
    '/page.js': ['text/javascript', script],
  };
  const server = createServer((request, response) => {
    const [type, text] = files[new URL(request.url ?? '/', 'http://x').pathname] ?? [];
    response.writeHead(text === undefined ? 404 : 200, { 'content-type': type ?? 'text/plain' });
    response.end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function bundlePage(): Promise<string> {
  const built = await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      lib: { entry: join(ROOT, 'test/lifecycle/page/page.ts'), formats: ['es'] },
    },
  });
  const [output] = [built].flat();
  if (!output || !('output' in output)) throw new Error('Vite made nothing of the page');
  return output.output[0].code;
}
