/** A table of flags: their values, typed, and the help text. */

import { parseArgs } from 'node:util';

interface Described {
  /** One line of the help. */
  readonly what: string;
}

interface Numeric extends Described {
  /** Undefined if it is left out and has no default. */
  readonly default?: number;
  /** From 0 to the largest exact number if it is left out. */
  readonly range?: readonly [min: number, max: number];
}

type Flag =
  | ({ readonly kind: 'whole number' | 'number' } & Numeric)
  | ({ readonly kind: 'text' } & Described)
  /** One of several words, each with its line of the help. The first is the default. */
  | ({ readonly kind: 'choice'; readonly choices: Words } & Described)
  | ({ readonly kind: 'switch' } & Described);

/** By the name in the program: `warmUp` is `--warm-up`. */
export type Flags = Readonly<Record<string, Flag>>;

type ValueOf<F extends Flag> = F extends { readonly kind: 'switch' }
  ? boolean
  : F extends { readonly kind: 'text' }
    ? string
    : F extends { readonly choices: infer Choices }
      ? keyof Choices
      : F extends { readonly default: number }
        ? number
        : number | undefined;

export type Options<F extends Flags> = { readonly [Name in keyof F]: ValueOf<F[Name]> };

/** Words without a flag: each with its line of the help. */
export type Words = Readonly<Record<string, string>>;

export interface Parsed<F extends Flags> {
  readonly options: Options<F>;
  readonly words: readonly string[];
  /** The flags that are on the command line. */
  readonly given: readonly (keyof F)[];
}

/** Throws an error of one line for a wrong argument. */
export function parseFlags<const F extends Flags>(
  flags: F,
  words: Words,
  args: readonly string[],
): Parsed<F> | 'help' {
  const known = Object.entries(flags).map(([name, { kind }]) => {
    const type = kind === 'switch' ? 'boolean' : 'string';
    return [kebab(name), { type }] as const;
  });
  const options = { ...Object.fromEntries(known), help: { type: 'boolean', short: 'h' } } as const;
  const allowPositionals = Object.keys(words).length > 0;
  const parsed = parseArgs({ args: [...args], options, allowPositionals });
  const values: Readonly<Record<string, unknown>> = parsed.values;
  if (values.help) return 'help';
  for (const word of parsed.positionals) expectOneOf(words, 'A word', word);
  const read = Object.entries(flags).map(([name, flag]) => [
    name,
    readFlag(flag, `--${kebab(name)}`, values[kebab(name)]),
  ]);
  const given = Object.keys(flags).filter((name) => values[kebab(name)] !== undefined);
  return { options: Object.fromEntries(read), words: parsed.positionals, given };
}

function readFlag(flag: Flag, name: string, given: unknown) {
  if (flag.kind === 'switch') return given === true;
  const text = typeof given === 'string' ? given : undefined;
  if (flag.kind === 'text') return text ?? '';
  if (flag.kind === 'choice') {
    return expectOneOf(flag.choices, name, text ?? Object.keys(flag.choices)[0] ?? '');
  }
  if (text === undefined) return flag.default;
  const { kind, range: [min, max] = [0, Number.MAX_SAFE_INTEGER] } = flag;
  const value = kind === 'number' || /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw refusal(name, text, `a ${kind} from ${min} to ${max}`);
}

function expectOneOf(choices: Words, name: string, text: string): string {
  if (Object.hasOwn(choices, text)) return text;
  throw refusal(name, text, Object.keys(choices).join(', '));
}

const refusal = (name: string, text: string, allowed: string): Error =>
  new Error(`${name} is "${text}". Allowed: ${allowed}.`);

const kebab = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

type Row = readonly [left: string, right: string];

/** The lines of the help, one or more for each flag. */
export function describeFlags(flags: Flags, words: Words): string {
  const rows: readonly Row[] = [
    ...Object.entries(words),
    ...Object.entries(flags).flatMap(([name, flag]) => rowsOf(`--${kebab(name)}`, flag)),
    ['--help', 'this text'],
  ];
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('');
}

function rowsOf(name: string, flag: Flag): readonly Row[] {
  switch (flag.kind) {
    case 'switch':
      return [[name, flag.what]];
    case 'text':
      return [[`${name} X`, flag.what]];
    case 'choice': {
      const choices = Object.entries(flag.choices).map(([choice, what]) => `${choice} (${what})`);
      return [
        [`${name} X`, `${flag.what}, the first by default:`],
        ...choices.map((line): Row => ['', `  ${line}`]),
      ];
    }
    default: {
      const usual = flag.default === undefined ? [] : [`default ${shown(flag.default)}`];
      const bounds = flag.range ? [flag.range.map(shown).join(' to ')] : [];
      return [[`${name} N`, `${flag.what} (${[...usual, ...bounds].join('; ')})`]];
    }
  }
}

const shown = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 2 });
