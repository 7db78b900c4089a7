import { describe, expect, test } from 'vitest';
import { program as attack } from '../attack/main.js';
import { program as chaos } from '../chaos/main.js';
import { program as crashImages } from '../crash-images/main.js';
import { program as herd } from '../herd/main.js';
import { program as leaks } from '../leaks/main.js';
import { program as lifecycle } from '../lifecycle/main.js';
import { program as redisLoss } from '../redis-loss/main.js';
import { program as rolling } from '../rolling/main.js';
import { program as simulate } from '../simulation/main.js';
import type { Flags } from './flags.js';
import { helpOf, type Program, readArguments } from './program.js';

interface Case {
  readonly program: Pick<Program<Flags>, 'name' | 'flags'>;
  readonly read: (args: readonly string[]) => unknown;
  readonly help: string;
  /** What they are without a flag. */
  readonly defaults: object;
  /** Flags, and what differs from the defaults then. */
  readonly given: readonly [args: string, options: object];
  readonly wrong: readonly string[];
}

function optionsOf<F extends Flags>(program: Program<F>, args: readonly string[]): unknown {
  const parsed = readArguments(program, args);
  return parsed === 'help' ? parsed : parsed.options;
}

const of = <F extends Flags>(program: Program<F>) => ({
  program,
  read: (args: readonly string[]) => optionsOf(program, args),
  help: helpOf(program),
});

const CASES: readonly Case[] = [
  {
    ...of(attack),
    defaults: { seed: 1, only: '', short: false, redis: false, unprotected: false, replay: '' },
    given: [
      '--only deep --redis --short --seed 7',
      { only: 'deep', redis: true, short: true, seed: 7 },
    ],
    wrong: ['--seed many', '--short=yes', '--replay'],
  },
  {
    ...of(chaos),
    defaults: { minutes: 1, seed: 1, store: 'lmdb' },
    given: [
      '--minutes 30 --seed=7 --store redis-replicated',
      { minutes: 30, seed: 7, store: 'redis-replicated' },
    ],
    wrong: ['--minutes 0', '--minutes 601', '--seed -1', '--seed 1.5', '--store paper'],
  },
  {
    ...of(crashImages),
    defaults: { images: 60, seed: 1 },
    given: ['--images 3', { images: 3 }],
    wrong: ['--images 2', '--images 100001', '--seed many'],
  },
  {
    ...of(herd),
    defaults: {
      sessions: undefined,
      addresses: 100,
      transport: 'websocket',
      short: false,
      refuse: false,
    },
    given: ['--sessions 2000 --transport polling', { sessions: 2_000, transport: 'polling' }],
    wrong: ['--sessions 1', '--addresses 201', '--transport post', '--refuse=yes'],
  },
  {
    ...of(leaks),
    defaults: { cycles: 10_000, warmUp: 1_000, leak: false },
    given: ['--warm-up 50 --leak', { warmUp: 50, leak: true }],
    wrong: ['--cycles 49', '--cycles 10000001', '--warm-up 100001', '--warmUp 50', '--leak=yes'],
  },
  {
    ...of(lifecycle),
    defaults: { cycles: 20, only: '', away: 60 },
    given: ['--only frozen --away 3600', { only: 'frozen', away: 3_600 }],
    wrong: ['--cycles 0', '--cycles 1001', '--away 3601', '--only'],
  },
  {
    ...of(redisLoss),
    defaults: { rounds: 20 },
    given: ['--rounds 1', { rounds: 1 }],
    wrong: ['--rounds 0', '--rounds 10001'],
  },
  {
    ...of(rolling),
    defaults: { deploys: 3, sessions: 300, replies: 30 },
    given: ['--deploys 1000 --replies 8', { deploys: 1_000, replies: 8 }],
    wrong: ['--deploys 0', '--sessions 10001', '--replies 1001'],
  },
  {
    ...of(simulate),
    defaults: {
      seeds: 1_000,
      from: 1,
      kept: false,
      cluster: false,
      seed: undefined,
      trace: '',
      json: false,
    },
    given: ['--cluster --kept --from 0', { cluster: true, kept: true, from: 0 }],
    wrong: [
      '--seeds 0',
      '--from 4294967295 --seeds 2',
      '--seed 4294967296',
      '--seed 1 --from 2',
      '--trace FILE --seeds 2',
      '--trace=',
      '--seed 1 --json',
    ],
  },
];

describe.each(CASES)('npm run $program.name', ({ program, read, help, defaults, given, wrong }) => {
  test('reads its flags', () => {
    const [args, options] = given;
    expect(read([])).toEqual(defaults);
    expect(read(args.split(' '))).toEqual({ ...defaults, ...options });
  });

  test.each([...wrong, '--hours 1', 'now'])('refuses %s', (args) => {
    expect(() => read(args.split(' '))).toThrow(/^\S/);
  });

  test('lists its flags', () => {
    expect([read(['--help']), read(['-h'])]).toEqual(['help', 'help']);
    expect(help).toContain(`Usage: npm run ${program.name} [-- FLAG VALUE …]\n`);
    for (const { what } of Object.values(program.flags)) expect(help).toContain(what);
  });
});

test('the help has names, defaults and bounds', () => {
  expect(helpOf(leaks).split('\n').slice(-5)).toEqual([
    '  --cycles N   how many clients come and go after the warm-up (default 10,000; 50 to 10,000,000)',
    '  --warm-up N  how many before the baseline: code is compiled, pools are filled (default 1,000; 50 to 100,000)',
    '  --leak       the server keeps 16 KiB of each client: the run must fail',
    '  --help       this text',
    '',
  ]);
});

test('a refusal says what is allowed', () => {
  expect(() => readArguments(chaos, ['--minutes', 'ten'])).toThrow(
    '--minutes is "ten". Allowed: a number from 0.05 to 600.',
  );
  expect(() => readArguments(chaos, ['--store', 'paper'])).toThrow(
    '--store is "paper". Allowed: lmdb, redis, redis-replicated.',
  );
});
