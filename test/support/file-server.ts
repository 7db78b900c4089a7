/** Serves the files of a test's page from memory, like a web server. */

import { createServer } from 'node:http';
import { build } from 'vite';
import { close, listen } from './listen.js';

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
  return {
    origin: await listen(server),
    close: () => close(server),
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
