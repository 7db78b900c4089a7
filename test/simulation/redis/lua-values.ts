/** Values of Lua, and the functions of its library that the product's scripts use. Texts are bytes: latin-1. */

export type LuaValue =
  | undefined
  | boolean
  | number
  | string
  | LuaTable
  | LuaFunction
  | Iterable<LuaValue[]>;
export type LuaFunction = (...args: LuaValue[]) => LuaValue[];

export class LuaTable {
  /** The values at 1, 2, 3 … */
  readonly list: LuaValue[] = [];
  readonly #fields = new Map<LuaValue, LuaValue>();

  static of(
    values: readonly LuaValue[],
    fields: readonly (readonly [LuaValue, LuaValue])[] = [],
  ): LuaTable {
    const table = new LuaTable();
    for (const value of values) table.list.push(value);
    for (const [key, value] of fields) table.set(key, value);
    return table;
  }

  get(key: LuaValue): LuaValue {
    if (typeof key === 'number' && key >= 1 && key <= this.list.length) return this.list[key - 1];
    return this.#fields.get(key);
  }

  set(key: LuaValue, value: LuaValue): void {
    if (typeof key === 'number' && key >= 1 && key <= this.list.length) this.list[key - 1] = value;
    else if (key === this.list.length + 1 && value !== undefined) this.list.push(value);
    else this.#fields.set(key, value);
  }
}

/** An error that a script raises: a text, or a table with the field `err`. */
export class LuaError extends Error {
  readonly value: LuaValue;

  constructor(value: LuaValue) {
    super(value instanceof LuaTable ? text(value.get('err')) : text(value));
    this.value = value;
  }
}

export const truthy = (value: LuaValue): boolean => value !== undefined && value !== false;

export function number(value: LuaValue): number {
  const found = toNumber(value);
  if (found === undefined) throw new LuaError(`attempt to perform arithmetic on ${typeof value}`);
  return found;
}

export function text(value: LuaValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') {
    // Lua writes a number with 14 digits.
    return Number.isInteger(value) && Math.abs(value) < 1e14
      ? String(value)
      : Number(value.toPrecision(14)).toString();
  }
  throw new LuaError(`attempt to concatenate ${value === undefined ? 'nil' : typeof value}`);
}

export function length(value: LuaValue): number {
  if (typeof value === 'string') return value.length;
  if (value instanceof LuaTable) return value.list.length;
  throw new LuaError(`attempt to get length of ${typeof value}`);
}

export function index(value: LuaValue, key: LuaValue): LuaValue {
  if (value instanceof LuaTable) return value.get(key);
  throw new LuaError(`attempt to index ${value === undefined ? 'nil' : typeof value}`);
}

export function setIndex(table: LuaValue, key: LuaValue, value: LuaValue): void {
  if (!(table instanceof LuaTable)) throw new LuaError('attempt to index a value that is no table');
  table.set(key, value);
}

export function call(callee: LuaValue, args: LuaValue[]): LuaValue[] {
  if (typeof callee !== 'function')
    throw new LuaError('attempt to call a value that is no function');
  return callee(...args);
}

/** Both must be numbers, or both texts. */
export function less(one: LuaValue, other: LuaValue): boolean {
  const comparable =
    (typeof one === 'number' && typeof other === 'number') ||
    (typeof one === 'string' && typeof other === 'string');
  if (!comparable) throw new LuaError(`attempt to compare ${typeof one} with ${typeof other}`);
  return (one as number) < (other as number);
}

export function iterate(value: LuaValue): Iterable<LuaValue[]> {
  if (typeof value === 'object' && Symbol.iterator in value) return value;
  throw new LuaError('attempt to iterate over a value that is no iterator');
}

function toNumber(value: LuaValue): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^\s*-?\d+(\.\d*)?(e[+-]?\d+)?\s*$/i.test(value))
    return undefined;
  return Number(value);
}

const table = (value: LuaValue): LuaTable => {
  if (value instanceof LuaTable) return value;
  throw new LuaError('a table was expected');
};

const patterns = new Map<string, RegExp>();

/** A pattern of Lua, as far as the scripts use them. */
function pattern(source: string): RegExp {
  let found = patterns.get(source);
  if (!found) {
    const translated = source.replaceAll(/%(.)/g, (_, letter: string) => {
      const known: Record<string, string> = { d: '\\d', a: '[A-Za-z]', S: '[^ \\t\\n\\v\\f\\r]' };
      if (known[letter] === undefined)
        throw new Error(`The pattern class %${letter} is not modelled`);
      return known[letter];
    });
    found = new RegExp(translated, 'gs');
    patterns.set(source, found);
  }
  found.lastIndex = 0;
  return found;
}

const captures = (match: RegExpExecArray): LuaValue[] =>
  match.length > 1 ? match.slice(1) : [match[0]];

function* matches(value: string, source: string): Iterable<LuaValue[]> {
  for (const match of value.matchAll(pattern(source))) yield captures(match as RegExpExecArray);
}

function* pairsOf(values: LuaTable): Iterable<LuaValue[]> {
  for (let at = 1; values.get(at) !== undefined; at += 1) yield [at, values.get(at)];
}

const library = (functions: Record<string, LuaFunction>): LuaTable => {
  const made = new LuaTable();
  for (const [name, fn] of Object.entries(functions)) made.set(name, fn);
  return made;
};

/** The global names of a script, but for KEYS, ARGV and redis. */
export const GLOBALS: Readonly<Record<string, LuaValue>> = {
  tonumber: (value) => [toNumber(value)],
  type: (value) => [
    value instanceof LuaTable ? 'table' : value === undefined ? 'nil' : typeof value,
  ],
  ipairs: (values) => [pairsOf(table(values))],
  unpack: (values) => [...table(values).list],
  pcall: (callee, ...args) => {
    try {
      return [true, ...call(callee, args)];
    } catch (error) {
      if (error instanceof LuaError) return [false, error.value];
      throw error;
    }
  },
  table: library({
    insert: (values, value) => {
      table(values).list.push(value);
      return [];
    },
    concat: (values, separator = '') => [table(values).list.map(text).join(text(separator))],
  }),
  string: library({
    format: (format, value) => {
      if (format !== '%.0f') throw new Error(`The format ${text(format)} is not modelled`);
      return [number(value).toFixed(0)];
    },
    sub: (value, from, to) => [text(value).slice(number(from) - 1, number(to))],
    match: (value, source) => {
      const match = pattern(text(source)).exec(text(value));
      return match ? captures(match) : [undefined];
    },
    gmatch: (value, source) => [matches(text(value), text(source))],
  }),
  cjson: library({
    decode: (json) => {
      const decoded = new LuaTable();
      for (const [name, value] of Object.entries(
        JSON.parse(text(json)) as Record<string, unknown>,
      )) {
        if (typeof value === 'string' || typeof value === 'number') decoded.set(name, value);
      }
      return [decoded];
    },
  }),
  math: library({
    floor: (value) => [Math.floor(number(value))],
    min: (...values) => [Math.min(...values.map(number))],
    max: (...values) => [Math.max(...values.map(number))],
  }),
};
