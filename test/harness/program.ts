/** A long run as a program: its flags, its help, its report line and its exit code. */

import { fileURLToPath } from 'node:url';
import {
  describeFlags,
  type Flags,
  type Options,
  type Parsed,
  parseFlags,
  type Words,
} from './flags.js';

const EXIT_FAILED = 1;
/** A wrong flag. */
const EXIT_USAGE = 2;
/** Ended from outside: neither passed nor failed. */
const EXIT_SIGNAL = 130;

export type Say = (line: string) => void;

export interface Outcome {
  readonly passed: boolean;
  /** Stands in the report line after `passed` or `FAILED`. Without it there is no such line. */
  readonly report?: string | object;
}

export interface Program<F extends Flags> {
  /** The npm script that starts it. */
  readonly name: string;
  /** What it does. */
  readonly about: string;
  /** The condition of the exit code 0. */
  readonly passes: string;
  readonly flags: F;
  /** Words that it takes besides. */
  readonly words?: Words;
  /** Throws an error of one line for flags that do not go together. */
  readonly check?: (options: Options<F>, given: readonly (keyof F)[]) => void;
  readonly run: (options: Options<F>, say: Say, words: readonly string[]) => Promise<Outcome>;
}

/** Infers the types of the options from the table of flags. */
export const defineProgram = <const F extends Flags>(program: Program<F>): Program<F> => program;

export function helpOf(program: Omit<Program<Flags>, 'check' | 'run'>): string {
  const { name, about, passes, flags, words = {} } = program;
  return `Usage: npm run ${name} [-- FLAG VALUE …]

${about}
Exits 0 if ${passes}, 1 if not, 2 on a wrong flag.

${describeFlags(flags, words)}`;
}

/** Throws an error of one line for a wrong argument. */
export function readArguments<F extends Flags>(
  { flags, words = {}, check }: Program<F>,
  args: readonly string[],
): Parsed<F> | 'help' {
  const parsed = parseFlags(flags, words, args);
  if (parsed !== 'help') check?.(parsed.options, parsed.given);
  return parsed;
}

/**
 * Runs the program if the module is the one that Node was started with, and ends the process with its exit code.
 * Node would not end by itself: it waits for pending operations of sockets whose peers are gone. It may wait
 * endlessly and keep a processor busy.
 *
 * @param module the program's `import.meta.url`
 */
export async function runIfMain<F extends Flags>(
  program: Program<F>,
  module: string,
): Promise<void> {
  if (process.argv[1] !== fileURLToPath(module)) return;
  // A signal would end the process without its `exit` event. Listeners of that event end child processes.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => process.exit(EXIT_SIGNAL));
  }
  const code = await exitCodeOf(program, process.argv.slice(2));
  process.stdout.write('', () => process.exit(code));
}

async function exitCodeOf<F extends Flags>(
  program: Program<F>,
  args: readonly string[],
): Promise<number> {
  let parsed: Parsed<F> | 'help';
  try {
    parsed = readArguments(program, args);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [line] = message.split('\n');
    process.stderr.write(`${line} 'npm run ${program.name} -- --help' lists what there is.\n`);
    return EXIT_USAGE;
  }
  if (parsed === 'help') {
    process.stdout.write(helpOf(program));
    return 0;
  }
  const say: Say = (line) => process.stdout.write(`${line}\n`);
  const { passed, report } = await program.run(parsed.options, say, parsed.words);
  if (report !== undefined) {
    const text = typeof report === 'string' ? report : JSON.stringify(report);
    say(`${passed ? 'passed' : 'FAILED'}: ${text}`);
  }
  return passed ? 0 : EXIT_FAILED;
}

/** A program's helper, bundled beside the program under this name. */
export const helper = (name: string): string =>
  fileURLToPath(new URL(`./${name}.mjs`, import.meta.url));
