/** A long run as a program: its flags, its help, and its exit code. */

/** A wrong flag. */
const EXIT_USAGE = 2;
/** Ended from outside: neither passed nor failed. */
const EXIT_SIGNAL = 130;

export interface Program<Options> {
  /** The npm script that starts it. */
  readonly name: string;
  readonly help: string;
  /** Throws an error that names the problem in one line. */
  readonly readOptions: (flags: readonly string[]) => Options | 'help';
  /** Resolves with the exit code. */
  readonly run: (options: Options) => Promise<number>;
}

/**
 * Runs it and ends the process with its exit code. Node would not end by itself: it waits for pending
 * operations of sockets whose peers are gone. It may wait endlessly and keep a processor busy.
 */
export async function runProgram<Options>(program: Program<Options>): Promise<void> {
  // A signal would end the process without its `exit` event. Listeners of that event end child processes.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => process.exit(EXIT_SIGNAL));
  }
  const code = await exitCodeOf(program);
  process.stdout.write('', () => process.exit(code));
}

async function exitCodeOf<Options>(program: Program<Options>): Promise<number> {
  let options: Options | 'help';
  try {
    options = program.readOptions(process.argv.slice(2));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [line] = message.split('\n');
    process.stderr.write(`${line} 'npm run ${program.name} -- --help' lists what there is.\n`);
    return EXIT_USAGE;
  }
  if (options !== 'help') return program.run(options);
  process.stdout.write(program.help);
  return 0;
}

/** A flag's value as a whole number; throws an error of one line for anything else. */
export function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new Error(`${flag} is "${text}". Allowed: a whole number from ${min} to ${max}.`);
}
