/** Commands of pages: scripts, flags, variables, files and packages that they name exist. */

import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ROOT } from '../../support/root.js';
import type { Block } from '../support/blocks.js';
import { checkNpm, checkPackages } from './npm.js';
import { checkNames, checkProduct, checkVariables } from './product.js';
import { readCommands, type ShellCommand } from './shell.js';

/** A command of a page. */
export interface PageCommand extends ShellCommand {
  /** Where it runs, from the project's folder; undefined if that is the reader's own. */
  readonly folder: string | undefined;
  /** The other code of the page, which may read its own variables. */
  readonly pageCode: string;
}

/** What is wrong with a command; undefined if nothing is. */
type Check = (command: PageCommand, words: readonly string[]) => string | undefined;

/** By the command's name. `curl` is run: see `curl.ts`. */
const CHECKS: Readonly<Record<string, Check>> = {
  npm: checkNpm,
  npx: checkNpx,
  node: checkNode,
  'session-monitor': checkProduct,
  curl: () => undefined,
  export: ({ pageCode }, words) => checkVariables(words, pageCode),
  docker: checkDocker,
  sudo: (command, [user, , ...words]) =>
    checkCommand({ ...command, words: user === '-u' ? words : command.words.slice(1) }),
};
/** Tools of the system. The test cannot know what they do; files of the project that they name exist. */
const SYSTEM_TOOLS = new Set(
  `apt apt-get caddy cat cd certbot chmod chown cp crontab git install journalctl jq kill ln ls mkdir mv nginx openssl
  pip promtool python3 redis-cli redis-server rm rsync source systemctl systemd-analyze tail tar tee test useradd`.split(
    /\s+/,
  ),
);

/** Folders of the project, by which a path in a command is known to be one of its files. */
const FOLDERS = /^(\.\/)?(bench|docs|examples|packages|scripts|test)\//;

/**
 * The commands of a block. An example's README is about its own folder, other pages are about the project.
 *
 * @throws Error if a shell would not read it
 */
export function commandsIn(
  { page, code }: Pick<Block, 'page' | 'code'>,
  pageCode = '',
): readonly PageCommand[] {
  const own = dirname(page);
  const isExample = own.startsWith('examples/') && existsSync(join(ROOT, own, 'package.json'));
  let folder: string | undefined = isExample ? own : '.';
  return readCommands(code).map((command) => {
    const [name, path = ''] = command.words;
    if (name === 'cd') folder = folderAfter(folder, path);
    return { ...command, folder, pageCode };
  });
}

function folderAfter(folder: string | undefined, path: string): string | undefined {
  // A clone.
  if (path === 'session-monitor') return '.';
  if (folder === undefined) return undefined;
  const next = join(folder, path);
  return existsSync(join(ROOT, next)) ? next : undefined;
}

export function checkCommand(command: PageCommand): string | undefined {
  const [path, ...words] = command.words;
  // Variables by themselves are for the commands that follow.
  if (path === undefined) return undefined;
  const name = path.includes('node_modules/.bin/') ? basename(path) : path;
  const lost = command.words
    .map((word) => word.replace(/^[^=]*=/, ''))
    .find((path) => isOurs(command, path) && !existsSync(join(ROOT, path)));
  if (lost !== undefined) return `names ${lost}, which does not exist`;
  if (SYSTEM_TOOLS.has(name)) return undefined;
  const check = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined;
  if (check) return check(command, words);
  return `has the command '${name}', which the test does not know: add a check to test/docs/check/commands.ts`;
}

const isOurs = ({ folder }: PageCommand, path: string): boolean =>
  folder === '.' && FOLDERS.test(path);

function checkNpx(command: PageCommand, words: readonly string[]): string | undefined {
  const [name = '', ...rest] = words.filter((word) => word !== '-y' && word !== '--yes');
  if (name === 'session-monitor') return checkProduct(command, rest);
  return existsSync(join(ROOT, 'node_modules', '.bin', name)) ? undefined : checkPackages([name]);
}

/** `docker run -e NAME=value`, `docker compose exec SERVICE COMMAND` */
function checkDocker(command: PageCommand, words: readonly string[]): string | undefined {
  const set = words.filter((_, at) => words[at - 1] === '-e');
  const own = words.findIndex((word) => word.includes('node_modules/.bin/'));
  return (
    checkVariables(set, command.pageCode) ??
    (own === -1 ? undefined : checkCommand({ ...command, env: {}, words: words.slice(own) }))
  );
}

/** A file of the reader's own reads what it likes. */
function checkNode(command: PageCommand, [file = '']: readonly string[]): string | undefined {
  if (!isOurs(command, file)) return undefined;
  return checkNames(Object.keys(command.env), readFileSync(join(ROOT, file), 'utf8'));
}
