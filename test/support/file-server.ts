/** Serves the files of a test's page from memory, like a web server. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'vite';

/** By path. */
export type Files = ReadonlyMap<string, readonly [type: string, text: string]>;

export interface FileServer {
  readonly origin: string;
  close(): Promise<void>;
}

export async function serveFiles(files: Files): Promise<FileServer> {
  const server = createServer((request, response) => {
    const [type, text] = files.get(new URL(request.url ?? '/', 'http://x').pathname) ?? [];
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

/** A module with everything that it imports, as Vite bundles it. */
export async function bundleByVite(root: string, entry: string): Promise<string> {
  const built = await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: { write: false, lib: { entry, formats: ['es'] } },
  });
  const [output] = [built].flat();
  if (!output || !('output' in output)) throw new Error(`Vite made nothing of ${entry}`);
  return output.output[0].code;
}
