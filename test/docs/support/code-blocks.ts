/** The code blocks of a page of the documentation. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../support/root.js';

export interface CodeBlock {
  /** `js`, `diff`, `sh` …; empty where the page names none. */
  readonly language: string;
  /** The file that the block is, or changes: what stands in brackets after the language. */
  readonly file: string | undefined;
  readonly code: string;
  /** The heading that it stands under. */
  readonly section: string;
}

const FENCE_OR_HEADING =
  /^```(?<language>\w*)(?: \[(?<file>[^\]]+)\])?\n(?<code>[\s\S]*?)^```$|^#+ (?<heading>.+)$/gm;

/** @param page its path below the root of the repository */
export function codeBlocksOf(page: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let section = '';
  for (const { groups = {} } of readFileSync(join(ROOT, page), 'utf8').matchAll(FENCE_OR_HEADING)) {
    const { language = '', file, code, heading } = groups;
    if (heading !== undefined) section = heading;
    else if (code !== undefined) blocks.push({ language, file, code, section });
  }
  return blocks;
}

/** Lines of a diff that are new. */
export const addedLines = (diff: string): readonly string[] =>
  diff.split('\n').filter((line) => line.startsWith('+'));

/**
 * Applies a diff without line numbers: hunks between lines of `@@`, each of which finds its place by the lines that it
 * keeps and takes away. They must stand in the text once.
 *
 * @throws Error with the hunk that does not fit
 */
export function applyDiff(text: string, diff: string): string {
  return diff.split(/^@@.*\n/m).reduce((changed, hunk) => {
    const lines = hunk.replace(/\n$/, '').split('\n');
    const side = (mark: '-' | '+') =>
      lines.filter((line) => line[0] !== mark).map((line) => `${line.slice(1)}\n`);
    const [before, after] = [side('+').join(''), side('-').join('')];
    const places = changed.split(before).length - 1;
    if (places !== 1) throw new Error(`This hunk fits ${places} times:\n${hunk}\nin:\n${changed}`);
    return changed.replace(before, () => after);
  }, text);
}
