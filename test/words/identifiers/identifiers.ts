/** The identifiers of a source, and the words that they are made of. */

import { parseSync } from 'vite';

/** Every name in a source that is written as an identifier: variables, members, types; no text, no comment. */
export function identifiersOf(file: string, code: string): ReadonlySet<string> {
  const found = new Set<string>();
  collect(parseSync(file, code).program, found);
  return found;
}

function collect(node: unknown, found: Set<string>): void {
  if (typeof node !== 'object' || node === null) return;
  const { type, name } = node as { readonly type?: unknown; readonly name?: unknown };
  const isName = type === 'Identifier' || type === 'PrivateIdentifier';
  if (isName && typeof name === 'string') found.add(name);
  for (const part of Object.values(node)) collect(part, found);
}

/** `onWhisper`, `WHISPER_MS` and `#whisper` are all made of `whisper`. */
export const wordsOf = (identifier: string): readonly string[] =>
  identifier
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z]+/)
    .map((word) => word.toLowerCase());
