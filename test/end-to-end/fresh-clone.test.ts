import { execFileSync } from 'node:child_process';
import { cp, mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import { ROOT } from '../support/command.js';
import { freePort } from '../support/free-port.js';
import { jsonPost } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';

/** An install from the registry, a build and a start, on a slow machine. */
const FIRST_START_MS = 240_000;
/** The limit from nothing to the first word of a reply. A new user waits no longer. */
const FIRST_WORD_MS = 120_000;

describe('a fresh clone', () => {
  test(
    'npm start serves, the first word is there soon, the example completes, a second start does nothing twice',
    async (lab) => {
      const clone = await cloneWorkTree(lab);
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const env = { PORT: String(port), npm_config_cache: await lab.folder() };
      const start = () => lab.command('npm', ['start'], { cwd: clone, env });

      const before = performance.now();
      const first = start();
      await first.says(/Installing dependencies/);
      await first.says(/Building/, FIRST_START_MS);
      await first.says(new RegExp(`Session Monitor\\s+${url}`), FIRST_START_MS);
      expect(first.stdout).toContain(join(clone, 'data'));
      await firstWord(url);
      expect(performance.now() - before).toBeLessThan(FIRST_WORD_MS);
      expect((await fetch(url)).headers.get('content-type')).toMatch(/^text\/html/);
      expect(await first.signal('SIGINT')).toBe(0);
      const built = await stat(join(clone, 'packages/session-monitor/dist/cli/main.js'));

      const second = start();
      await second.says(/Session Monitor/, FIRST_START_MS);
      expect(second.stdout).not.toMatch(/Installing|Building/);
      expect((await stat(join(clone, 'packages/session-monitor/dist/cli/main.js'))).mtimeMs).toBe(
        built.mtimeMs,
      );
      const example = lab.command(process.execPath, ['examples/example-usage.js', url], {
        cwd: clone,
      });
      expect([await example.exitCode(), example.stderr]).toEqual([0, '']);
      const [, parts, events] =
        /reply completed: (\d+) parts over HTTP, (\d+) events over Socket\.IO/.exec(
          example.stdout,
        ) ?? [];
      expect(Number(parts)).toBeGreaterThan(100);
      expect(events).toBe(parts);
      expect(await second.signal('SIGINT')).toBe(0);
    },
    2 * FIRST_START_MS,
  );

  test("gives Windows's cmd.exe the exec that npm start needs", async () => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    expect(scripts.start).toMatch(/^exec node /);
    // All of its arguments, without an echo: cmd.exe looks for commands in the current directory first.
    expect(await readFile(join(ROOT, 'exec.cmd'), 'utf8')).toMatch(/^@%\*\r?\n$/);
  });
});

/** Posts a message, and reads until a word of the reply is there. */
async function firstWord(url: string): Promise<void> {
  const response = await fetch(
    `${url}/havefun`,
    jsonPost({ user_input: 'What is a cursor?', thread_id: 'first-word' }),
  );
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (text.includes('"type":"message"')) return;
  }
  throw new Error(`The reply has no word: ${text}`);
}

/** A clone's files if everything here were committed. */
async function cloneWorkTree(lab: Lab): Promise<string> {
  const folder = join(await lab.folder(), 'clone');
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', list, { cwd: ROOT, encoding: 'utf8' }).split('\0');
  for (const file of files.filter(Boolean)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await cp(join(ROOT, file), join(folder, file)).catch(ignoreDeleted);
  }
  return folder;
}

/** A file that git knows and that has been removed is not part of the next commit. */
function ignoreDeleted(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
