/**
 * Every fenced code block of the documentation is covered. The language of a block says how:
 *
 * - `js`, `jsx`, `ts`, `tsx`: compiles against the built packages (`compile.ts`).
 * - `html`: a page that gets to `live` in Chromium, from another origin than its server, and shows a reply
 *   (`html-page.ts`).
 * - `sh`: its scripts, flags, variables, files and packages exist (`commands.ts`); what `curl` asks for is answered by
 *   a server below 400 (`curl.ts`).
 * - `diff`: a part of `git diff` between `before` and `after` of an example, or both of its sides compile as JavaScript.
 * - `nginx`, `caddyfile`, `systemd`, `ini`, `dockerfile`, `yaml`: a part of a file in `examples/`.
 * - `vue`, `svelte`, `python`, `json`, `jsonc`: its compiler or parser takes it. `…` in `jsonc` is what is left out.
 * - `text` or none: prose, a diagram, an output. Nothing is checked.
 *
 * A word may follow the language, and says more:
 *
 * - `file=PATH`: the block is a part of that file. Nothing else is checked.
 * - `[PATH]`: the block is this file, or changes it, in an app that the page describes. A file of that name in
 *   `examples/` has it, or the page has its own test, `test/docs/PAGE.test.ts`, which runs its files.
 */

import { describe, expect, test as plainTest } from 'vitest';
import { test } from '../support/lab.js';
import { checkCommand, commandsIn, type PageCommand } from './check/commands.js';
import { compile, type Source } from './check/compile.js';
import { runCurl } from './check/curl.js';
import {
  checkExcerpt,
  checkFile,
  checkQuotation,
  isExampleDiff,
  sidesOf,
} from './check/excerpts.js';
import { checkPage, openPage } from './check/html-page.js';
import { CHECKS, scriptsOf } from './check/markup.js';
import { type Block, codeBlocksOf, problemAt } from './support/blocks.js';
import { PAGES } from './support/pages.js';

const CODE = ['js', 'jsx', 'ts', 'tsx'] as const;
const QUOTED = ['nginx', 'caddyfile', 'systemd', 'ini', 'dockerfile', 'yaml'];
const PROSE = ['', 'text'];
const LANGUAGES = [...CODE, ...QUOTED, ...PROSE, ...Object.keys(CHECKS), 'html', 'sh', 'diff'];

const ALL = PAGES.flatMap(codeBlocksOf);
/** The blocks without a further word after the language. */
const BLOCKS = ALL.filter(({ file, excerptOf }) => file === undefined && excerptOf === undefined);
const of = (...languages: readonly string[]): readonly Block[] =>
  BLOCKS.filter(({ language }) => languages.includes(language));

/** The problems that `check` finds in blocks, with their places. */
const problemsOf = (blocks: readonly Block[], check: (block: Block) => string | undefined) =>
  blocks.flatMap((block) => {
    const problem = check(block);
    return problem === undefined ? [] : [problemAt(block, problem)];
  });

describe('the code blocks of the documentation', () => {
  plainTest('are in languages that a test covers', () => {
    expect(ALL.length).toBeGreaterThan(50);
    const unknown = problemsOf(ALL, ({ language, unknownWords }) => {
      if (unknownWords.length > 0) {
        return `says '${unknownWords.join(' ')}', which means nothing: say file=PATH, [PATH] or nothing`;
      }
      if (LANGUAGES.includes(language)) return undefined;
      return `is in '${language}', which nothing tests: use one of ${LANGUAGES.filter(Boolean).join(', ')}`;
    });
    expect(unknown).toEqual([]);
  });

  plainTest('are what stands in the files that they name', () => {
    const shown = ALL.filter(({ excerptOf }) => excerptOf !== undefined);
    const check = ({ code, excerptOf = '' }: Block) => checkExcerpt(code, excerptOf);
    expect(problemsOf(shown, check)).toEqual([]);
  });

  plainTest('are files that an example has, or that a test of their page runs', () => {
    const files = ALL.filter(({ file }) => file !== undefined);
    expect(problemsOf(files, checkFile)).toEqual([]);
  });

  plainTest('compile against the built packages', { timeout: 120_000 }, async () => {
    expect(await compile(BLOCKS.flatMap(sourcesOf))).toEqual([]);
  });

  plainTest('are parts of the examples that they configure', () => {
    expect(problemsOf(of(...QUOTED), ({ code }) => checkQuotation(code))).toEqual([]);
  });

  plainTest('are taken by their compilers', () => {
    const problems = problemsOf(of(...Object.keys(CHECKS)), ({ language, code }) => {
      try {
        CHECKS[language]?.(code);
      } catch (error) {
        return `is not valid ${language}: ${(error as Error).message}`;
      }
      return undefined;
    });
    expect(problems).toEqual([]);
  });
});

describe('the commands of the documentation', () => {
  const commandsOf = (block: Block): readonly PageCommand[] | string => {
    try {
      return commandsIn(block, codeOf(block.page));
    } catch (error) {
      return (error as Error).message;
    }
  };
  const read = of('sh').map((block) => [block, commandsOf(block)] as const);
  const lines = read.flatMap(([block, commands]) =>
    typeof commands === 'string' ? [] : commands.map((command) => [block, command] as const),
  );

  plainTest('exist, with their flags, variables, files and packages', { timeout: 60_000 }, () => {
    const unreadable = read.flatMap(([block, commands]) =>
      typeof commands === 'string' ? [problemAt(block, commands)] : [],
    );
    const wrong = lines.flatMap(([block, command]) => {
      const problem = checkCommand(command);
      return problem === undefined ? [] : [problemAt(block, problem, command.before + 1)];
    });
    expect([...unreadable, ...wrong]).toEqual([]);
  });

  const asking = lines.filter(([, { words }]) => words[0] === 'curl');
  const pages = [...new Set(asking.map(([{ page }]) => page))];
  test.for(pages)(
    '%s: a server answers what curl asks for',
    async (page, lab) => {
      const ofPage = lines.filter(([block]) => block.page === page);
      expect(await runCurl(lab, ofPage)).toEqual([]);
    },
    60_000,
  );
});

describe('the pages of the documentation', () => {
  plainTest('load what a server serves', () => {
    expect(problemsOf(of('html'), ({ code }) => checkPage(code))).toEqual([]);
  });

  const whole = of('html').filter(({ code }) => checkPage(code) === undefined);
  test.for(whole.map((block) => [problemAt(block, ''), block] as const))(
    '%sworks from another origin',
    async ([, { code }], lab) => openPage(lab, code),
  );
});

/** The code of a page that is no command. */
const codeOf = (page: string): string =>
  ALL.filter((block) => block.page === page && block.language !== 'sh')
    .map(({ code }) => code)
    .join('\n');

/** The code of a block that must compile. */
function sourcesOf(block: Block): readonly Source[] {
  const { page, line, code } = block;
  switch (block.language) {
    case 'js':
    case 'jsx':
    case 'ts':
    case 'tsx':
      return [{ page, line, language: block.language, code }];
    case 'vue':
    case 'svelte':
      return scriptsOf(code).map(([script, before]) => ({
        page,
        line: line + before,
        language: 'js',
        code: script,
      }));
    case 'diff':
      if (isExampleDiff(code)) return [];
      return sidesOf(code).map((side) => ({ page, line, language: 'jsx', code: side }));
    default:
      return [];
  }
}
