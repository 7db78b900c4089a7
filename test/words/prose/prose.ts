/** The prose of a source or a page, and the idioms that it must not use. CONTRIBUTING.md has the rules. */

import { parseSync } from 'vite';

/** People without a name, and verbs that say who is spoken to instead of what happens. */
const IDIOMS =
  /\b(?:whoever|whomever|somebody|nobody|anybody|everybody|anew|for ever|of its own|of one[’']s own)\b|\b(?:is|are|was|were|be|been|being) (?:told|had|heard of)\b|(?:^|[.:;,(] |\b(?:by|for|to|of|than|with|from|wakes?|tells?|gives?|lets?|unless|whether|only|and|or|but|not|as) )who\b/giu;

export interface Prose {
  readonly line: number;
  readonly text: string;
}

/** The comments of a source, and its texts of several words: errors, help, names of tests. */
export function proseOf(file: string, code: string): readonly Prose[] {
  if (file.endsWith('.md'))
    return code.split('\n').map((text, index) => ({ line: index + 1, text }));
  const { program, comments } = parseSync(file, code);
  const found: { readonly start: number; readonly text: string }[] = [];
  for (const { start, value } of comments) {
    // Line by line: a line that wraps is not the beginning of a sentence.
    found.push({ start, text: value.replace(/\n\s*\*?\s*/g, ' ').trim() });
  }
  collect(program, found);
  return found.map(({ start, text }) => ({ line: code.slice(0, start).split('\n').length, text }));
}

function collect(node: unknown, found: { readonly start: number; readonly text: string }[]): void {
  if (typeof node !== 'object' || node === null) return;
  const { type, value, start } = node as Record<string, unknown>;
  const text =
    type === 'Literal' ? value : type === 'TemplateElement' ? cookedOf(value) : undefined;
  if (typeof text === 'string' && text.trim().includes(' ') && typeof start === 'number') {
    found.push({ start, text: text.trim() });
  }
  for (const part of Object.values(node)) collect(part, found);
}

const cookedOf = (value: unknown): unknown => (value as { readonly cooked?: unknown })?.cooked;

/** The idioms in a text. A question may ask who. */
export function idiomsIn(text: string): readonly string[] {
  return text
    .split(/(?<=[.!?])\s+/)
    .filter((sentence) => !sentence.endsWith('?'))
    .flatMap((sentence) => sentence.match(IDIOMS) ?? [])
    .map((idiom) => idiom.replace(/^\W+/, ''));
}
