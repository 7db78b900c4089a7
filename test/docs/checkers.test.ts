/** The checks of the documentation find errors: each test gives a check something wrong. */

import { describe, expect, test } from 'vitest';
import { checkCommand, commandsIn } from './check/commands.js';
import { compile, type Source } from './check/compile.js';
import {
  checkExcerpt,
  checkFile,
  checkQuotation,
  isExampleDiff,
  sidesOf,
} from './check/excerpts.js';
import { checkPage } from './check/html-page.js';
import { problemsOfLinks, slugsOf } from './check/links.js';
import { CHECKS } from './check/markup.js';
import { readCommands } from './check/shell.js';
import { blocksIn } from './support/blocks.js';

const TICKS = '```';

describe('blocks', () => {
  test('are found in lists, between longer fences, and without a language', () => {
    const page = [
      `1. Do this:`,
      '',
      `   ${TICKS}sh`,
      '   npm start',
      `   ${TICKS}`,
      '',
      `${TICKS}\`md`,
      `${TICKS}js`,
      `${TICKS}`,
      `${TICKS}\``,
      TICKS,
      'a drawing',
      TICKS,
      `${TICKS}js file=a.js [b.js] twice`,
      TICKS,
    ];
    const blocks = blocksIn('a.md', page.join('\n'));
    expect(blocks.map(({ line, language, code }) => [line, language, code])).toEqual([
      [3, 'sh', 'npm start\n'],
      [7, 'md', `${TICKS}js\n${TICKS}\n`],
      [11, '', 'a drawing\n'],
      [14, 'js', ''],
    ]);
    expect(blocks.at(-1)).toMatchObject({
      excerptOf: 'a.js',
      file: 'b.js',
      unknownWords: ['twice'],
    });
  });
});

describe('compiling', () => {
  const source = (language: Source['language'], ...lines: string[]): Source => ({
    page: `${language}.md`,
    line: 10,
    language,
    code: `${lines.join('\n')}\n`,
  });

  test.each(['js', 'jsx', 'ts', 'tsx'] as const)(
    'in %s, a wrong option, method or import is reported with its line',
    { timeout: 60_000 },
    async (language) => {
      const bad = source(
        language,
        "import { attachSessions, attachSesions } from '@session-monitor/server';",
        "import { verify } from './reader/own.js';",
        'attachSessions(io, { store, authorize: ({ token }) => verify(token), responer: null });',
        "await sessions.publsh('t', 'note', 1);",
        "new SessionMonitor(socket, { tread_id: 't' }).start();",
        'await monitor.sendMessage();',
        'unknown_name();',
      );
      expect(await compile([bad])).toEqual([
        expect.stringMatching(/\.md:11 .*no exported member named 'attachSesions'/),
        expect.stringMatching(/\.md:13 .*'responer' does not exist/),
        expect.stringMatching(/\.md:14 Property 'publsh' does not exist/),
        expect.stringMatching(/\.md:15 .*'tread_id'/),
        expect.stringMatching(/\.md:16 Expected 1-2 arguments/),
        expect.stringMatching(/\.md:17 Cannot find name 'unknown_name'. Define it/),
      ]);
    },
  );

  test('a missing type is an error in TypeScript only', { timeout: 60_000 }, async () => {
    const code = 'export const send = (text) => monitor.sendMessage(text);';
    expect(await compile([source('js', code), source('ts', code)])).toEqual([
      expect.stringMatching(/^ts\.md:11 Parameter 'text' implicitly has an 'any' type/),
    ]);
  });
});

describe('excerpts', () => {
  const server = 'examples/express/after/server.js';

  test('a line that the file does not have is reported', () => {
    expect(checkExcerpt('const app = express();\n', server)).toBeUndefined();
    expect(checkExcerpt('const app = express();\nconst a = 1;\n', server)).toContain(
      'const a = 1;',
    );
    expect(checkExcerpt('const app\n', server)).toContain("no line 'const app'");
    expect(checkExcerpt('const app\n', 'examples/none.js')).toContain('does not exist');
  });

  test('a configuration that no example has is reported', () => {
    expect(checkQuotation('proxy_buffering on;\n')).toContain('no part of a file in examples/');
  });

  test('a file that no example has and no test runs is reported', () => {
    const [block] = blocksIn(
      'docs/none.md',
      `${TICKS}ini [session-monitor.service]\n[Unit]\n${TICKS}`,
    );
    if (!block) throw new Error('There is no block');
    expect(checkFile(block)).toBeUndefined();
    expect(checkFile({ ...block, code: '[Unt]\n' })).toContain('write test/docs/none.test.ts');
    expect(checkFile({ ...block, file: 'none.service' })).toContain('nothing runs');
  });

  test('a difference that no example has is compiled, side by side', () => {
    const diff = ' const a = 1;\n-const b = 2;\n+const c = 3;\n';
    expect(isExampleDiff(diff)).toBe(false);
    expect(sidesOf(diff)).toEqual([
      'const a = 1;\nconst b = 2;\n\n',
      'const a = 1;\n\nconst c = 3;\n',
    ]);
    expect(isExampleDiff("+import { createHandler } from '@session-monitor/http';\n")).toBe(true);
  });
});

describe('commands', () => {
  const problemOf = (code: string, page = 'docs/page.md') =>
    commandsIn({ page, code })
      .map(checkCommand)
      .find((problem) => problem !== undefined);

  const bad: readonly [code: string, problem: string][] = [
    ['npm run nothing', "runs 'nothing'"],
    ['npm run nothing --workspace examples', "runs 'nothing', a script that examples"],
    ['npm start -- --prot 1', 'flag --prot'],
    ['PRT=1 npm start', 'sets PRT'],
    ['npm run chaos -- --minuts 1', 'flag --minuts'],
    ['npx session-monitor sevre', "runs 'session-monitor sevre'"],
    ['session-monitor serve --prot=1', 'flag --prot'],
    ['sudo -u chat MODE=production session-monitor serve --prot 1', "command 'MODE=production'"],
    ['sudo session-monitor sevre', "runs 'session-monitor sevre'"],
    ['docker run -e PRT=1 image', 'sets PRT'],
    [
      'docker compose exec server node_modules/.bin/session-monitor bakup',
      "'session-monitor bakup'",
    ],
    ['sudo -u chat /opt/node_modules/.bin/session-monitor bakup', "'session-monitor bakup'"],
    ['export PRT=1', 'sets PRT'],
    ['npm install @session-monitor/sever', "installs '@session-monitor/sever'"],
    ['npm publish', "has 'npm publish'"],
    ['node examples/none.js', 'names examples/none.js'],
    ['PRT=1 node examples/example-usage.js', 'sets PRT'],
    ['cp examples/none.conf /etc', 'names examples/none.conf'],
    ['npm ci && frobnicate', "command 'frobnicate'"],
  ];
  test.each(bad)('%s: %s', (code, problem) => {
    expect(problemOf(code)).toContain(problem);
  });

  test.each([
    'npm start -- --port 1 # no --prot',
    'RESPONDER=openai OPENAI_MODEL=… npm start',
    'npm run react --workspace examples',
    'npm run chaos -- --minutes 30 \\\n  --seed 2026',
    'npx session-monitor serve --help > out.txt 2>&1',
    'cd my-app && npm run dev',
    'git clone https://example.com/session-monitor && cd session-monitor && npm start',
    'node server.js; MODE=x node my/server.js',
    'npm install --save-dev vite@8 @session-monitor/client@next lmdb',
    'echo="a # b" curl \'x y\' | jq .a',
  ])('%s', (code) => {
    expect(problemOf(code)).toBeUndefined();
  });

  test('an example is about its own folder', () => {
    expect(problemOf('npm run after', 'examples/express/README.md')).toBeUndefined();
    expect(problemOf('cd ../fastify && npm run after', 'examples/express/README.md')).toContain(
      "runs 'after', a script that examples/fastify",
    );
  });

  test('quotes, comments, continued lines and variables are read as in a shell', () => {
    const [first, second] = readCommands(
      'A=1 B="x y" curl \\\n  -d \'{ "a": 1 }\' "$URL/a#b" # c\nls',
    );
    expect(first).toMatchObject({
      before: 0,
      env: { A: '1', B: 'x y' },
      words: ['curl', '-d', '{ "a": 1 }', '$URL/a#b'],
    });
    expect(second).toMatchObject({ before: 2, words: ['ls'], source: 'ls' });
    expect(() => readCommands('cat <<EOF')).toThrow('cannot read');
  });
});

describe('languages', () => {
  test.each([
    ['json', '{ "a": 1, }'],
    ['jsonc', '{ "a": 1 "b": 2 }'],
    ['vue', '<template><p></template>'],
    ['svelte', '{#each list as item}'],
    ['python', 'def f(:'],
  ])('%s that its compiler does not take is reported', (language, code) => {
    expect(() => CHECKS[language]?.(code)).toThrow();
  });

  test('in jsonc, comments and omissions are no errors', () => {
    expect(() => CHECKS.jsonc?.('{ "a": "// …", …, "b": [1, …] } // c\n')).not.toThrow();
  });

  test('a page without the script of a server is reported', () => {
    expect(checkPage('<p>Hello</p>')).toContain('session_monitor.js');
  });
});

describe('links', () => {
  const page = 'docs/page.md';

  test.each([
    ['[a](none.md)', 'none.md'],
    ['[a](../README.md#none)', '#none'],
    ['[a](#none)', '#none'],
    ['[a](../../outside.md)', 'outside the project'],
    ['[a](/README.md)', 'outside the project'],
    ['![a](images/none.png)', 'none.png'],
    ['<img src="images/none.png">', 'none.png'],
    ['[a][b]\n\n[b]: none.md', 'none.md'],
    ['[a](http://example.com)', 'https'],
    ['<http://example.com>', 'https'],
    ['[a](https://exa mple)', 'https'],
    ['[a](../node_modules/vitest)', 'not kept in the repository'],
  ])('%s', (text, problem) => {
    expect(problemsOfLinks(page, text)).toEqual([expect.stringContaining(problem)]);
    expect(problemsOfLinks(page, text)[0]).toMatch(/^docs\/page\.md:\d+ /);
  });

  test('code and working links are no problems', () => {
    const text = [
      '# A heading',
      `${TICKS}js\n[a](none.md)\n${TICKS}`,
      '`[a](none.md)`, [a `b`](../README.md "title"), [c](#a-heading), <https://example.com/a_(b)>,',
      '[the\ntests](../test/end-to-end), <http://127.0.0.1:5001>, [d](client.md)',
    ].join('\n');
    expect(problemsOfLinks(page, text)).toEqual([]);
  });

  test('headings have the slugs that GitHub gives them', () => {
    const text = [
      '# The `send()` of *a* [monitor](x.md), with-a_dash & more…',
      '## Notes',
      `${TICKS}sh\n# Comment\n${TICKS}`,
      '## Notes',
      '### `POST /havefun`: ask',
      '<a id="own"></a>',
    ].join('\n');
    expect([...slugsOf(text)]).toEqual([
      'the-send-of-a-monitor-with-a_dash--more',
      'notes',
      'notes-1',
      'post-havefun-ask',
      'own',
    ]);
  });
});
