/**
 * Reads a few fields of a JSON object off its text, without parsing the rest. To parse a body costs up to twenty times
 * as much as to pass over it, and its sender is not known yet. Pure.
 */

import { endOfString, endOfValue } from '@session-monitor/protocol/rules';

export type Fields = Readonly<Record<string, unknown>>;

export type Picked =
  | { readonly kind: 'picked'; readonly fields: Fields }
  | { readonly kind: 'too_deep' }
  /** The outermost level is not that of a JSON object. Deeper levels are not checked. */
  | { readonly kind: 'malformed' };

const TOO_DEEP: Picked = { kind: 'too_deep' };
const MALFORMED: Picked = { kind: 'malformed' };

/**
 * Picks the fields of these names. Of a name that stands there twice the last value counts, as for `JSON.parse`. An
 * array or an object comes as an empty one: only its kind matters, to a parser that wants a text.
 *
 * @param maxDepth how deep the whole text may be nested
 */
export function pickFields(text: string, names: readonly string[], maxDepth: number): Picked {
  const fields: Record<string, unknown> = Object.create(null);
  let at = skipSpace(text, 0);
  if (text[at] !== '{') return MALFORMED;
  try {
    do {
      at = skipSpace(text, at + 1);
      if (text[at] !== '"') break;
      const name = nameAt(text, at);
      at = skipSpace(text, endOfString(text, at) + 1);
      if (text[at] !== ':') return MALFORMED;
      const begin = skipSpace(text, at + 1);
      const end = endOfValue(text, begin, maxDepth - 1);
      if (end === undefined) return TOO_DEEP;
      if (names.includes(name)) fields[name] = readValue(text.slice(begin, end));
      at = end;
    } while (text[at] === ',');
  } catch {
    return MALFORMED;
  }
  const isEnd = text[at] === '}' && skipSpace(text, at + 1) === text.length;
  return isEnd ? { kind: 'picked', fields } : MALFORMED;
}

/** A name may be written with escapes. */
function nameAt(text: string, at: number): string {
  const raw = text.slice(at, endOfString(text, at) + 1);
  return raw.includes('\\') ? String(JSON.parse(raw)) : raw.slice(1, -1);
}

/** @throws SyntaxError */
function readValue(raw: string): unknown {
  if (raw.startsWith('{')) return {};
  return raw.startsWith('[') ? [] : JSON.parse(raw);
}

/** JSON has four characters of white space. */
function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \n\r\t'.includes(text.charAt(at))) at += 1;
  return at;
}
