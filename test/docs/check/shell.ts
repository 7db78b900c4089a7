/** Reads a block of commands as a shell does, as far as pages need it. */

export interface ShellCommand {
  /** Lines before it in its block. */
  readonly before: number;
  /** `NAME=value` before the command. */
  readonly env: Readonly<Record<string, string>>;
  /** Without quotes. Empty if the command only sets variables. */
  readonly words: readonly string[];
  /** As it is written. */
  readonly source: string;
}

interface WordRule {
  readonly text: string;
  readonly at: number;
  readonly end: number;
}

/** @throws Error for what no page needs so far: here-documents, quotes without an end */
export function readCommands(code: string): readonly ShellCommand[] {
  const commands: ShellCommand[] = [];
  let words: WordRule[] = [];
  for (const token of [...tokensOf(code), 'end']) {
    if (typeof token !== 'string') {
      words.push(token);
      continue;
    }
    const [first, last] = [words[0], words.at(-1)];
    if (first && last)
      commands.push(commandOf(words, code.slice(0, first.at), code.slice(first.at, last.end)));
    words = [];
  }
  return commands;
}

function commandOf(words: readonly WordRule[], before: string, source: string): ShellCommand {
  const texts = words.map(({ text }) => text);
  const first = texts.findIndex((text) => !/^\w+=/.test(text));
  const count = first === -1 ? texts.length : first;
  const pairs = texts.slice(0, count).map((text) => {
    const at = text.indexOf('=');
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return {
    before: before.split('\n').length - 1,
    env: Object.fromEntries(pairs),
    words: texts.slice(count),
    source,
  };
}

const QUOTED = String.raw`'[^']*'|"(?:[^"\\]|\\.)*"|\$\([^)]*\)|\\[^\n]`;
const TARGET = String.raw`[ \t]*[^\s;|&]+`;
const TOKEN = new RegExp(
  [
    String.raw`(?<nothing>\\\n|[ \t]+|#[^\n]*)`,
    // Where output goes and input comes from.
    String.raw`(?<redirect>\d?>{1,2}(?:&\d|${TARGET})|<(?!<)${TARGET})`,
    String.raw`(?<operator>\n|&&|\|\|?|;|&)`,
    String.raw`(?<word>(?:${QUOTED}|[^\s;|&<>'"\\])+)`,
    '(?<other>.)',
  ].join('|'),
  'gs',
);

/** Words, and operators as strings. */
function* tokensOf(code: string): Generator<WordRule | string> {
  for (const { groups = {}, index } of code.matchAll(TOKEN)) {
    const { operator, word, other } = groups;
    if (other !== undefined)
      throw new Error(`has a ${other} that test/docs/check/shell.ts cannot read`);
    if (operator !== undefined) yield operator;
    if (word !== undefined) yield { text: unquoted(word), at: index, end: index + word.length };
  }
}

const unquoted = (word: string): string =>
  word.replaceAll(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\([^\n])/gs,
    (_, single, double, escaped) => single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped,
  );
