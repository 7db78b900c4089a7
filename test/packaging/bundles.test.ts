/** The built client where apps use it: in bundles of Vite and esbuild, on a page, in a worker, in Node. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, describe, expect } from 'vitest';
import { openContext } from '../support/browser.js';
import { bundleByVite, serveFiles } from '../support/file-server.js';
import { test } from '../support/lab.js';
import { ROOT } from '../support/root.js';
import { times, until } from '../support/until.js';

const FOLDER = join(ROOT, '.cache', 'bundles');
const CLIENT = join(ROOT, 'packages', 'client', 'dist', 'index.js');
const THREAD = 'bundled';
const EVENTS = 20;

/** Follows a thread and reports each number: to the page, to the worker's creator, or on stdout. */
const program = (client: string) => `
import { SessionMonitor } from '${client}';
import { io } from 'socket.io-client';

const [url, tell] =
  typeof process === 'object'
    ? [process.argv[2], (n) => console.log(n)]
    : typeof document === 'object'
      ? [location.hash.slice(1), (n) => (window.seen ??= []).push(n)]
      : [new URL(location.href).searchParams.get('url'), (n) => postMessage(n)];
const monitor = new SessionMonitor(io(url), { thread_id: '${THREAD}' });
monitor.on('number', ({ n }) => tell(n));
monitor.start();
`;

const PAGE = (script: string) => `<!doctype html><title>Bundled</title>${script}`;
const WORKER = `<script>
  window.seen = [];
  const worker = new Worker('/esbuild.js?url=' + location.hash.slice(1), { type: 'module' });
  worker.onmessage = ({ data }) => seen.push(data);
</script>`;

const files = new Map<string, readonly [type: string, text: string]>([
  ['/worker.html', ['text/html', PAGE(WORKER)]],
  ...['esbuild', 'vite'].map(
    (name) =>
      [
        `/${name}.html`,
        ['text/html', PAGE(`<script type="module" src="/${name}.js"></script>`)],
      ] as const,
  ),
]);

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  const entry = join(FOLDER, 'program.mjs');
  writeFileSync(entry, program(CLIENT));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    target: 'es2022',
  });
  files.set('/esbuild.js', ['text/javascript', outputFiles[0]?.text ?? '']);
  files.set('/vite.js', ['text/javascript', await bundleByVite(FOLDER, entry)]);
}, 120_000);

const NUMBERS = times(EVENTS, (index) => index + 1);

describe('the built client follows a thread', () => {
  for (const where of ['esbuild', 'vite', 'worker']) {
    test(where === 'worker' ? 'in a worker' : `on a page, bundled by ${where}`, async (lab) => {
      const { origin, close } = await serveFiles(files);
      lab.defer(close);
      const app = await lab.app({ origins: [origin] });
      const page = await (await openContext(lab)).newPage();
      const errors: string[] = [];
      page.on('pageerror', ({ message }) => errors.push(message));
      await page.goto(`${origin}/${where}.html#${app.url}`);
      for (const n of NUMBERS) await app.sessions.publish(THREAD, 'number', { n });
      const seen = () => page.evaluate(() => (window as unknown as { seen?: number[] }).seen);
      await until('all are there', async () => (await seen())?.length === EVENTS, {
        state: async () => [await seen(), errors],
      });
      expect([await seen(), errors]).toEqual([NUMBERS, []]);
    });
  }

  test('in Node', async (lab) => {
    const app = await lab.app();
    const command = lab.command(process.execPath, [join(FOLDER, 'program.mjs'), app.url]);
    for (const n of NUMBERS) await app.sessions.publish(THREAD, 'number', { n });
    const seen = () => command.stdout.split('\n').filter(Boolean).map(Number);
    await until('all are there', () => seen().length === EVENTS, { state: () => command.stderr });
    expect(seen()).toEqual(NUMBERS);
    command.signal('SIGKILL');
    await until('it is gone', () => app.sessions.stats().connections === 0);
  });
});
