/** The links of a page: each leads to what the repository keeps, an https address, or this machine. */

import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { slugify } from '../../../docs/site/slug.mjs';
import { ROOT } from '../../support/root.js';
import { textOf } from '../support/pages.js';

interface Link {
  readonly line: number;
  readonly target: string;
}

const HTTPS = /^https:\/\/[\w.-]+\.[a-z]{2,}(:\d+)?(\/\S*)?$/;
const LOCAL = /^http:\/\/(127\.0\.0\.1|localhost)(:\d+)?(\/\S*)?$/;
const MAIL = /^mailto:\S+@\S+$/;

/** @param page its path, from the project's folder */
export const problemsOfLinks = (page: string, text: string): readonly string[] =>
  linksIn(text).flatMap(({ line, target }) => {
    const problem = problemOf(page, text, target);
    return problem === undefined ? [] : [`${page}:${line} ${target} ${problem}`];
  });

function problemOf(page: string, text: string, target: string): string | undefined {
  if (/^[a-z]+:/i.test(target)) {
    if ([HTTPS, LOCAL, MAIL].some((allowed) => allowed.test(target))) return undefined;
    return 'is no address that may be linked: https, or this machine';
  }
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : normalize(join(dirname(page), decodeURI(path)));
  if (path.startsWith('/') || file.startsWith('..')) return 'is outside the project';
  if (!existsSync(join(ROOT, file)) && path !== '') return `leads to ${file}, which does not exist`;
  if (isIgnored(file)) return `leads to ${file}, which is not kept in the repository`;
  if (anchor === undefined) return undefined;
  if (path !== '' && statSync(join(ROOT, file)).isDirectory()) return 'has an anchor in a folder';
  const slugs = slugsOf(path === '' ? text : textOf(file));
  return slugs.has(anchor) ? undefined : `names a heading that ${file} does not have`;
}

/** Inline, by reference, as an address, and in HTML. A title may follow. */
const LINKS = [
  /\]\(\s*<?([^\s)<>]*(?:\([^\s)]*\)[^\s)<>]*)*)>?[^)]*\)/g,
  /^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)>?/gm,
  /<([a-z]+:[^\s<>]+)>/gi,
  /<(?:a|img)\b[^>]*?\b(?:href|src)="([^"]*)"/g,
];

function linksIn(text: string): readonly Link[] {
  const prose = withoutCode(text);
  return LINKS.flatMap((pattern) => [...prose.matchAll(pattern)])
    .map(({ 1: target = '', index }) => ({
      line: prose.slice(0, index).split('\n').length,
      target,
    }))
    .sort((a, b) => a.line - b.line);
}

/** Blanks code, so that each line keeps its number. */
const withoutCode = (text: string): string =>
  withoutFences(text).replaceAll(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, blanked);
const withoutFences = (text: string): string =>
  text.replaceAll(/^ *(`{3,}|~{3,})[^`\n]*\n[\s\S]*?^ *\1[`~]* *$/gm, blanked);
const blanked = (code: string): string => code.replaceAll(/[^\n]/g, ' ');

/** The anchors of a page: those of its headings, and its own. */
export function slugsOf(text: string): ReadonlySet<string> {
  const prose = withoutFences(text);
  const slugs = new Set<string>();
  const add = (slug: string) => {
    let name = slug;
    for (let n = 1; slugs.has(name); n += 1) name = `${slug}-${n}`;
    slugs.add(name);
  };
  for (const [, heading = '', own] of prose.matchAll(
    /^#{1,6} +(.+?)(?: #+)?$|<a (?:id|name)="([^"]+)"/gm,
  )) {
    if (own === undefined) add(slugify(plain(heading)));
    else slugs.add(own);
  }
  return slugs;
}

/** A heading without its markup. */
const plain = (heading: string): string =>
  heading
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/(?<![\w*])[*_]+(\S[^*]*?)[*_]+(?![\w*])/g, '$1');

const ignored = new Map<string, boolean>();

/** Would a clone lack it? */
function isIgnored(path: string): boolean {
  const known = ignored.get(path);
  if (known !== undefined) return known;
  const { status } = spawnSync('git', ['check-ignore', '--quiet', path], { cwd: ROOT });
  ignored.set(path, status === 0);
  return status === 0;
}
