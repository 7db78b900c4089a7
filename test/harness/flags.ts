/** A table of flags: their values, typed, and the help text. */

import { parseArgs } from 'node:util';

interface Described {
  /** One line of the help. */
  readonly what: string;
}

interface Numeric extends Described {
  /** Undefined if it is left out and has no default. */
  readonly default?: number;
  readonly min: number;
  /** Any number that is exact if left out. */
  readonly max?: number;
}

type Flag =
  | ({ readonly kind: 'whole number' | 'number' } & Numeric)
  | ({ readonly kind: 'text' } & Described)
  /** One of several words, each with its line of the help. The first is the default. */
  | ({ readonly kind: 'choice'; readonly choices: Readonly<Record<string, string>> } & Described)
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

export interface Parsed<F extends Flags> {
  readonly options: Options<F>;
  /** The flags that are on the command line. */
  readonly given: readonly (keyof F)[];
}

/** Throws an error of one line for a wrong argument. */
export function parseFlags<const F extends Flags>(
  flags: F,
  args: readonly string[],
): Parsed<F> | 'help' {
  const known = Object.entries(flags).map(([name, { kind }]) => {
    const type = kind === 'switch' ? 'boolean' : 'string';
    return [kebab(name), { type }] as const;
  });
  const options = { ...Object.fromEntries(known), help: { type: 'boolean', short: 'h' } } as const;
  const values: Readonly<Record<string, unknown>> = parseArgs({ args: [...args], options }).values;
  if (values.help) return 'help';
  const read = Object.entries(flags).map(([name, flag]) => [
    name,
    readFlag(flag, kebab(name), values[kebab(name)]),
  ]);
  const given = Object.keys(flags).filter((name) => values[kebab(name)] !== undefined);
  return { options: Object.fromEntries(read), given };
}

function readFlag(flag: Flag, name: string, given: unknown) {
  if (flag.kind === 'switch') return given === true;
  const text = typeof given === 'string' ? given : undefined;
  if (flag.kind === 'text') return text ?? '';
  if (flag.kind === 'choice') {
    const choices = Object.keys(flag.choices);
    const choice = text ?? choices[0] ?? '';
    if (choices.includes(choice)) return choice;
    throw refusal(name, choice, choices.join(', '));
  }
  if (text === undefined) return flag.default;
  const { kind, min, max = Number.MAX_SAFE_INTEGER } = flag;
  const value = kind === 'number' || /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw refusal(name, text, `a ${kind} from ${min} to ${max}`);
}

const refusal = (name: string, text: string, allowed: string): Error =>
  new Error(`--${name} is "${text}". Allowed: ${allowed}.`);

const kebab = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The lines of the help, one or more for each flag. */
export function describeFlags(flags: Flags): string {
  const rows = Object.entries(flags).flatMap(([name, flag]) => rowsOf(kebab(name), flag));
  rows.push(['--help', 'this text']);
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('');
}

function rowsOf(name: string, flag: Flag): [left: string, right: string][] {
  if (flag.kind === 'switch') return [[`--${name}`, flag.what]];
  if (flag.kind === 'text') return [[`--${name} X`, flag.what]];
  if (flag.kind === 'choice') {
    const choices = Object.entries(flag.choices).map(([choice, what], index) => {
      const mark = index === 0 ? ' (default)' : '';
      return ['', `  ${choice}${mark}: ${what}`] satisfies [string, string];
    });
    return [[`--${name} X`, flag.what], ...choices];
  }
  const facts = [
    ...(flag.default === undefined ? [] : [`default ${shown(flag.default)}`]),
    ...(flag.max === undefined ? [] : [`${shown(flag.min)} to ${shown(flag.max)}`]),
  ];
  return [[`--${name} N`, `${flag.what} (${facts.join('; ')})`]];
}

const shown = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 2 });
