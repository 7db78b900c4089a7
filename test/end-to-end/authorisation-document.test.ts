/** The recipes of docs/authorisation.md, run as they stand there: by the command, and in a real Chromium. */

import { readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import jsonwebtoken from 'jsonwebtoken';
import { expect } from 'vitest';
import { openContext, socketIoScript } from '../support/browser.js';
import { EVENT } from '../support/client.js';
import { ROOT, SERVE } from '../support/command.js';
import { jsonPost } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';
import { listen } from '../support/listen.js';
import type { LogLine } from '../support/logger.js';
import { until } from '../support/until.js';

const SECRET = 'a secret of at least 32 characters!';
const LIFETIME_S = 2;

const document = await readFile(join(ROOT, 'docs', 'authorisation.md'), 'utf8');
const snippets = Array.from(document.matchAll(/```js\n([\s\S]*?)```/g), ([, code]) => code ?? '');
const modules = snippets.filter((code) => code.startsWith('// authorize.js'));
const [page = ''] = snippets.filter((code) => code.includes('new SessionMonitor'));

const recipes = modules.map((code) => [/from '(.+)'/.exec(code)?.[1] ?? '', code] as const);

test('there is a recipe for either library, and one for the page', () => {
  expect(recipes.map(([library]) => library)).toEqual(['jose', 'jsonwebtoken']);
  expect(page).toContain('token: () => fetchToken()');
});

/** The command with a recipe as its AUTHORIZE, and the page of the document beside a test login. */
async function stage(lab: Lab, recipe: string) {
  const folder = await lab.folder();
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, 'authorize.js'), recipe);
  let user = 'alice';
  const tokens: string[] = [];
  const script = await socketIoScript();
  const site = createServer((request, response) => {
    const html = () => `<!doctype html><body><script src="/socket.io.js"></script>
      <script src="${url}/session_monitor.js"></script><script>
      const said = [];
      const showLogin = (message) => said.push(message);
      const socket = io('${url}');
      socket.on('${EVENT}', ({ n }) => said.push(n));
      ${page}</script>`;
    if (request.url === '/token') {
      tokens.push(jsonwebtoken.sign({ sub: user }, SECRET, { expiresIn: LIFETIME_S }));
      response.end(tokens.at(-1));
    } else if (request.url === '/socket.io.js') response.end(script);
    else response.setHeader('content-type', 'text/html').end(html());
  });
  const origin = await listen(site);
  lab.defer(() => site.close());
  const server = lab.command(process.execPath, SERVE, {
    cwd: folder,
    env: {
      PORT: '0',
      DATA_DIR: 'data',
      JWT_SECRET: SECRET,
      MODE: 'production',
      AUTHORIZE: './authorize.js',
      ORIGINS: origin,
    },
  });
  const [, url = ''] = await server.says(/Session Monitor\s+(http:\S+)/);
  const publish = async (n: number) => {
    const authorization = `Bearer ${jsonwebtoken.sign({ sub: 'alice' }, SECRET)}`;
    const post = jsonPost({ event: EVENT, data: { n } }, { authorization });
    expect((await fetch(`${url}/threads/alice:first/events`, post)).status).toBe(200);
  };
  const logged = (): readonly LogLine[] =>
    server.stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine);
  const login = (name: string) => {
    user = name;
  };
  return { url, site: `${origin}/`, server, publish, tokens, logged, login };
}

test.for(recipes)(
  '%s: a page outlives its tokens, and another user is turned away',
  async ([, recipe], lab) => {
    const { site, url, publish, tokens, logged, login } = await stage(lab, recipe);
    const context = await openContext(lab);
    const tab = await context.newPage();
    await publish(1);
    await tab.goto(site);
    const said = () => tab.evaluate<unknown[]>('said');
    const has = (count: number) => until('told', async () => (await said()).length === count);
    await has(1);
    const [first] = tokens;
    const isOver = () => {
      const { exp = 0 } = jsonwebtoken.decode(first ?? '') as jsonwebtoken.JwtPayload;
      return Date.now() / 1_000 > exp + 1;
    };
    await until('the token has expired', isOver);
    await tab.evaluate('socket.io.engine.close()');
    await publish(2);
    await has(2);
    expect(await said()).toEqual([1, 2]);
    const over = await fetch(`${url}/threads/alice:first/events`, {
      headers: { authorization: `Bearer ${first}` },
    });
    expect([over.status, over.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer error="invalid_token"',
    ]);

    login('mallory');
    const other = await context.newPage();
    await other.goto(site);
    const message = await until('turned away', () =>
      other.evaluate<string>('said[0]').then((text) => text ?? false),
    );
    expect(message).toMatch(
      /^Not allowed to register on thread 'alice:first' .*Call monitor\.start\(\)/,
    );
    login('alice');
    await other.evaluate('monitor.start()');
    await until('let in', async () => (await other.evaluate<number>('said.length')) === 3);
    // Neither refusal counts as an outage, and the log names the user.
    // What is not safe about the settings is another matter.
    const warnings = logged().filter(({ level, setting }) => level >= 40 && !setting);
    expect(warnings).toEqual([]);
    expect(logged().filter(({ step }) => step === 'register')[0]).toMatchObject({
      user_id: 'alice',
    });
    expect(JSON.stringify(logged())).not.toContain(first ?? 'no token');
  },
);
