/**
 * A registry with this tree's packages as they would be published, so that the install commands of the documentation
 * work. It redirects npm to the configured registry for all other packages.
 */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { close, listen } from '../support/listen.js';
import { TARBALLS } from './tarballs.js';

interface Packed {
  readonly manifest: { readonly name: string; readonly version: string };
  readonly file: string;
  readonly tarball: Buffer;
}

export interface Registry {
  readonly url: string;
  close(): Promise<void>;
}

export async function startRegistry(): Promise<Registry> {
  const packed = new Map(
    readdirSync(TARBALLS)
      .filter((file) => file.endsWith('.tgz'))
      .map((file) => {
        const each = read(join(TARBALLS, file), file);
        return [each.manifest.name, each] as const;
      }),
  );
  const upstream = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '/').slice(1));
    const file = [...packed.values()].find((each) => path === `-/${each.file}`);
    const found = packed.get(path);
    if (file) response.end(file.tarball);
    else if (found) answer(response, packument(found, `http://${request.headers.host}`));
    else response.writeHead(302, { location: new URL(request.url ?? '/', upstream).href }).end();
  });
  return { url: `${await listen(server)}/`, close: () => close(server) };
}

function read(path: string, file: string): Packed {
  const manifest = execFileSync('tar', ['-xzOf', path, 'package/package.json'], {
    encoding: 'utf8',
  });
  return { manifest: JSON.parse(manifest), file, tarball: readFileSync(path) };
}

function packument({ manifest, file, tarball }: Packed, host: string): object {
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const { name, version } = manifest;
  return {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, dist: { tarball: `${host}/-/${file}`, integrity } } },
  };
}

function answer(response: ServerResponse, body: object): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}
