import { expect, test } from 'vitest';
import { readCommandLine } from './command-line.js';
import { readConfig } from './config.js';
import { GROUPS, HELP } from './help.js';
import { VARIABLE_NAMES } from './variables.js';

test('every variable is a flag in kebab case, and stands in the help with it', () => {
  for (const name of VARIABLE_NAMES) {
    const flag = `--${name.toLowerCase().replaceAll('_', '-')}`;
    expect(readCommandLine([flag, 'x']).flags).toEqual({ [name]: 'x' });
    expect(readCommandLine([`${flag}=x`]).flags).toEqual({ [name]: 'x' });
    expect(HELP).toMatch(new RegExp(`^ {2}${name} {2}${flag}$`, 'm'));
  }
});

test('the help has each variable in one group, and says what large numbers are', () => {
  expect(Object.values(GROUPS).flat().sort()).toEqual([...VARIABLE_NAMES].sort());
  expect(HELP).toMatch(
    /^Usage: .*\n\n.*\n\n.*\n\n.*\n\nWhat most servers set:\n\n {2}PORT {2}--port$/m,
  );
  expect(HELP).toContain('from 1 to 31536000000 (365 days); default 1800000 (30 min)');
  expect(HELP).toContain('default 268435456 (256 MiB)');
});

test('a flag wins over the environment, an empty one means the default', () => {
  const environment = { PORT: '6000', MODE: 'production' };
  const { flags } = readCommandLine(['--port', '7000', '--mode=']);
  const config = readConfig({ ...environment, AUTHORIZE: 'x' }, flags);
  expect(config).toMatchObject({ PORT: 7000, MODE: 'development', AUTHORIZE: 'x' });
});

test('help is asked for in two ways', () => {
  const asked = [['--help'], ['-h'], ['--port', '1'], []].map((args) =>
    readCommandLine(args).switches.has('help'),
  );
  expect(asked).toEqual([true, true, false, false]);
});

const bad: readonly [args: string[], message: string][] = [
  [
    ['--prot', '5002'],
    "There is no flag --prot. 'session-monitor serve --help' lists what there is.",
  ],
  [['-p', '5002'], "There is no flag -p. 'session-monitor serve --help' lists what there is."],
  [['5002'], 'There is no argument "5002". \'session-monitor serve --help\' lists what there is.'],
  [['--port'], '--port needs a value: --port …'],
  [['--port', '5001x'], '--port is "5001x". Allowed: a whole number from 0 to 65535.'],
  [['--session-ttl-ms', '-5'], '--session-ttl-ms is "-5". Allowed: a whole number from 1 to'],
  [['--port', '--host'], '--port is "--host". Allowed: a whole number from 0 to 65535.'],
  [['--__proto__', 'x'], 'There is no flag --__proto__.'],
];
test.each(bad)('%j is refused in one line', (args, message) => {
  expect(() => readConfig({}, readCommandLine(args).flags)).toThrow(message);
});
