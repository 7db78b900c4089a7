/**
 * The parser's building blocks: a reader turns an `unknown` into a typed value or says where and how
 * it differs. Readers never throw, never walk what they were not asked about, and ignore unknown
 * fields, so that a newer peer can add some.
 */

import type { Json } from '../messages.js';

/** Where a value differs from what its reader wants. */
export class ParseError {
  readonly path: string;
  readonly expected: string;
  readonly got: unknown;

  constructor(path: string, expected: string, got: unknown) {
    this.path = path;
    this.expected = expected;
    this.got = got;
  }
}

export type Parser<T> = (value: unknown, path: string) => T | ParseError;

/** A plain object: not null, not an array, not binary data. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A string that matches `pattern`; `expected` says in words what the pattern says. */
export const text =
  (pattern: RegExp, expected: string): Parser<string> =>
  (value, path) =>
    typeof value === 'string' && pattern.test(value)
      ? value
      : new ParseError(path, expected, value);

/** A string of at most `maxLength` UTF-16 units. */
export const textUpTo =
  (maxLength: number): Parser<string> =>
  (value, path) =>
    typeof value === 'string' && value.length <= maxLength
      ? value
      : new ParseError(path, `a string of at most ${maxLength} characters`, value);

/** A safe integer of at least `min`. */
export const integer =
  (min: number): Parser<number> =>
  (value, path) =>
    Number.isSafeInteger(value) && (value as number) >= min
      ? (value as number)
      : new ParseError(path, `a whole number of at least ${min}`, value);

export const finite: Parser<number> = (value, path) =>
  typeof value === 'number' && Number.isFinite(value)
    ? value
    : new ParseError(path, 'a number', value);

/** A value that is JSON because it was parsed from JSON. */
export const anyJson: Parser<Json> = (value, path) =>
  value === undefined ? new ParseError(path, 'a JSON value', value) : (value as Json);

export const boolean: Parser<boolean> = (value, path) =>
  typeof value === 'boolean' ? value : new ParseError(path, 'true or false', value);

/** Exactly one of the given values. */
export const oneOf =
  <const T extends string | number | boolean>(...allowed: readonly T[]): Parser<T> =>
  (value, path) =>
    allowed.includes(value as T)
      ? (value as T)
      : new ParseError(path, allowed.map((each) => JSON.stringify(each)).join(' or '), value);

/** What either reader takes. */
export const either =
  <A, B>(first: Parser<A>, second: Parser<B>, expected: string): Parser<A | B> =>
  (value, path) => {
    const parsed = first(value, path);
    if (!(parsed instanceof ParseError)) return parsed;
    const other = second(value, path);
    return other instanceof ParseError ? new ParseError(path, expected, value) : other;
  };

/** Marks a field that may be left out. A `null` counts as left out: some languages cannot omit. */
export interface Optional<T> {
  readonly optional: Parser<T>;
}
export const optional = <T>(parser: Parser<T>): Optional<T> => ({ optional: parser });

type Shape = Readonly<Record<string, Parser<unknown> | Optional<unknown>>>;
type ReadField<F> = F extends Optional<infer T> ? T : F extends Parser<infer T> ? T : never;
type OptionalKeys<S> = { [K in keyof S]: S[K] extends Optional<unknown> ? K : never }[keyof S];
/** The type that a shape reads. */
export type Infer<S> = {
  readonly [K in Exclude<keyof S, OptionalKeys<S>>]: Exclude<ReadField<S[K]>, ParseError>;
} & { readonly [K in OptionalKeys<S>]?: Exclude<ReadField<S[K]>, ParseError> };

/** A plain object with the fields of `shape`; the result has these fields and no others. */
export const object = <const S extends Shape>(shape: S): Parser<Infer<S>> => {
  const fields = Object.entries(shape).map(([name, field]) => {
    const isOptional = 'optional' in field;
    return { name, isOptional, reader: isOptional ? field.optional : field };
  });
  return (value, path) => {
    if (!isRecord(value)) return new ParseError(path, 'an object', value);
    const result: Record<string, unknown> = {};
    for (const { name, isOptional, reader: parser } of fields) {
      const present = Object.hasOwn(value, name) ? value[name] : undefined;
      if (isOptional && (present === undefined || present === null)) continue;
      const parsed = parser(present, path === '' ? name : `${path}.${name}`);
      if (parsed instanceof ParseError) return parsed;
      result[name] = parsed;
    }
    return result as Infer<S>;
  };
};

/** An array whose elements `element` reads. They are checked in place, not copied: frames are large. */
export const list =
  <T>(element: Parser<T>): Parser<readonly T[]> =>
  (value, path) => {
    if (!Array.isArray(value)) return new ParseError(path, 'an array', value);
    for (let index = 0; index < value.length; index += 1) {
      const parsed = element(value[index], `${path}[${index}]`);
      if (parsed instanceof ParseError) return parsed;
    }
    return value as readonly T[];
  };

function isJson(value: unknown, depth: number): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (depth === 0) return false;
  if (Array.isArray(value)) return value.every((each) => isJson(each, depth - 1));
  return isRecord(value) && Object.values(value).every((each) => isJson(each, depth - 1));
}

/** Any JSON value that is not nested deeper. */
export const json =
  (maxDepth: number): Parser<Json> =>
  (value, path) =>
    isJson(value, maxDepth)
      ? value
      : new ParseError(path, `a JSON value, nested at most ${maxDepth} times`, value);

/** An object that is JSON because it was parsed from JSON. */
export const jsonFields: Parser<{ readonly [key: string]: Json }> = (value, path) =>
  isRecord(value)
    ? (value as { readonly [key: string]: Json })
    : new ParseError(path, 'a JSON object', value);

/** A JSON object whose text is at most `maxLength` UTF-16 units. */
export const jsonObject =
  (maxLength: number, maxDepth: number): Parser<{ readonly [key: string]: Json }> =>
  (value, path) =>
    isRecord(value) && isJson(value, maxDepth) && JSON.stringify(value).length <= maxLength
      ? (value as { readonly [key: string]: Json })
      : new ParseError(path, `a JSON object of at most ${maxLength} characters`, value);
