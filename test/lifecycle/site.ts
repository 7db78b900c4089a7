/** The page that follows, and one that does nothing. */

import { join } from 'node:path';
import { bundleByVite, type FileServer, serveFiles } from '../support/file-server.js';
import { ROOT } from '../support/root.js';

const html = (body: string): string => `<!doctype html><title>Lifecycle</title>${body}`;

export async function startSite(): Promise<FileServer> {
  const script = await bundleByVite(ROOT, join(ROOT, 'test/lifecycle/page/page.ts'));
  return serveFiles(
    new Map([
      ['/page.html', ['text/html', html('<script type="module" src="/page.js"></script>')]],
      ['/elsewhere.html', ['text/html', html('<p>Elsewhere</p>')]],
      ['/page.js', ['text/javascript', script]],
    ]),
  );
}
