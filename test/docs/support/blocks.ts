/** The fenced code blocks of a page, as CommonMark defines them. */

import { textOf } from './pages.js';

export interface Block {
  /** The page's path, from the project's folder. */
  readonly page: string;
  /** The line of its opening fence; its code begins on the next one. */
  readonly line: number;
  /** `js`, `diff`, `sh` …; empty where the page names none. */
  readonly language: string;
  /** `[PATH]` after the language: the file that the block is, or changes, in an app that the page describes. */
  readonly file: string | undefined;
  /** `file=PATH` after the language: the file of this project that the block is a part of. */
  readonly excerptOf: string | undefined;
  /** Unknown words after the language. */
  readonly unknownWords: readonly string[];
  /** The heading above it. */
  readonly section: string;
  /** Each line ends with a line feed. */
  readonly code: string;
}

const OPENING = /^( *)(`{3,}|~{3,}) *([^\s`]*)([^`]*)$/;
const HEADING = /^#+ (.+)$/;

/** @param page its path, from the project's folder */
export const codeBlocksOf = (page: string): readonly Block[] => blocksIn(page, textOf(page));

/** @param text of the page */
export function blocksIn(page: string, text: string): readonly Block[] {
  const blocks: Block[] = [];
  const lines = text.split('\n');
  let section = '';
  for (let at = 0; at < lines.length; at += 1) {
    section = HEADING.exec(lines[at] ?? '')?.[1] ?? section;
    const [, indent, fence = '', language = '', info = ''] = OPENING.exec(lines[at] ?? '') ?? [];
    if (indent === undefined) continue;
    const end = lines.findIndex((line, index) => index > at && closes(line, fence));
    const code = lines.slice(at + 1, end === -1 ? undefined : end);
    // A block in a list has the indentation of the list's text.
    const dedented = code.map((line) => line.replace(new RegExp(`^ {0,${indent.length}}`), ''));
    blocks.push({
      page,
      line: at + 1,
      language,
      ...wordsIn(info),
      section,
      code: dedented.map((line) => `${line}\n`).join(''),
    });
    at += code.length + 1;
  }
  return blocks;
}

/** The same character, at least as often, and nothing else. */
function closes(line: string, fence: string): boolean {
  const text = line.trim();
  return text.length >= fence.length && text === (fence[0] ?? '').repeat(text.length);
}

function wordsIn(info: string) {
  const words = info.split(/\s+/).filter((word) => word !== '');
  const find = (pattern: RegExp) => words.map((word) => pattern.exec(word)?.[1]).find(Boolean);
  const [file, excerptOf] = [find(/^\[(.+)\]$/), find(/^file=(.+)$/)];
  const known = [`[${file}]`, `file=${excerptOf}`];
  return { file, excerptOf, unknownWords: words.filter((word) => !known.includes(word)) };
}

/** Where a problem is, for the reader of a failed test: `README.md:31 …`. */
export const problemAt = ({ page, line }: Block, message: string, offset = 0): string =>
  `${page}:${line + offset} ${message}`;
