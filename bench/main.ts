/** `npm run bench`: asks every question, or those that are named. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { backup } from './backup.js';
import { coldStart } from './cold-start.js';
import { eventSize } from './event-size.js';
import { fanOut } from './fan-out.js';
import { halfOpen } from './half-open.js';
import { heartbeats } from './heartbeats.js';
import { idle } from './idle.js';
import { lateJoin } from './late-join.js';
import { logSize } from './log-size.js';
import { nodes } from './nodes.js';
import { paced } from './paced.js';
import { publish } from './publish.js';
import { redis } from './redis.js';
import { replay } from './replay.js';
import { restart } from './restart.js';
import { resume } from './resume.js';
import { stores } from './stores.js';
import { storm } from './storm.js';
import { ask, type BenchRequest, type Results } from './support/question.js';
import {
  type Ratios,
  ratiosOf,
  ratioTable,
  readReference,
  tables,
  toJson,
  writeReference,
} from './support/report.js';
import { profileTo, runServersWith } from './support/stage.js';
import { type Verdict, verdictsOf, verdictTable } from './support/targets.js';
import { wire } from './wire.js';

const PROMPTS: readonly BenchRequest[] = [
  fanOut,
  eventSize,
  paced,
  idle,
  heartbeats,
  resume,
  halfOpen,
  restart,
  replay,
  lateJoin,
  storm,
  publish,
  redis,
  nodes,
  stores,
  logSize,
  backup,
  wire,
  coldStart,
];

const HELP = `npm run bench            asks every question, in about a quarter of an hour
npm run bench -- NAME …  asks those that are named

  --short            a look at what matters most, in under two minutes
  --only X           peers whose name holds X, or one of X,Y
  --case X           cases whose name holds X
  --rounds N         how often
  --profile          processor profiles of the servers, in .cache/profiles
  --node=FLAGS       flags for the servers' Node, in place of those that npm start has
  --save-reference   keeps the ratios in bench/reference.json
  --help

Questions:
${PROMPTS.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join('\n')}`;

const REFERENCE = join('bench', 'reference.json');
const RESULTS = join('bench', 'results');
const PROFILES = join('.cache', 'profiles');

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    'save-reference': { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    case: { type: 'string', default: '' },
    rounds: { type: 'string' },
    profile: { type: 'boolean', default: false },
    node: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const unknown = positionals.filter((name) => !PROMPTS.some((request) => request.name === name));
if (unknown.length > 0) {
  const known = PROMPTS.map(({ name }) => name).join(', ');
  console.error(`No question is called ${unknown.join(', ')}. There are: ${known}.`);
  process.exit(2);
}
if (options.profile) profileTo(PROFILES);
if (options.node !== '') runServersWith(options.node.split(' '));

const mode = { short: options.short };
const all = new Map<string, Results>();
const verdicts: Verdict[] = [];
const ratios: Record<string, Ratios[string]> = {};
for (const request of PROMPTS) {
  const asked =
    positionals.length === 0
      ? !mode.short || request.inShort === true
      : positionals.includes(request.name);
  if (!asked) continue;
  const narrowed = narrow(request);
  if (narrowed.peers(mode).length === 0 || narrowed.cases(mode).length === 0) continue;
  const results = await ask(narrowed, mode, (what) => {
    if (!mode.short) console.log(`${request.name}: ${what}`);
  });
  console.log(tables(request, results));
  all.set(request.name, results);
  ratios[request.name] = ratiosOf(request, results);
  verdicts.push(...verdictsOf(request, results));
}
if (verdicts.length > 0) console.log(verdictTable(verdicts));
console.log(ratioTable(ratios, readReference(REFERENCE)));
mkdirSync(RESULTS, { recursive: true });
const file = join(RESULTS, `${new Date().toISOString().replaceAll(':', '-')}.json`);
writeFileSync(file, toJson(all));
console.log(`\nAll of it: ${file}`);
if (options['save-reference']) writeReference(REFERENCE, ratios);

function narrow(request: BenchRequest): BenchRequest {
  return {
    ...request,
    peers: (asked) =>
      request
        .peers(asked)
        .filter(
          (peer) =>
            options.only === '' || options.only.split(',').some((part) => peer.includes(part)),
        ),
    cases: (asked) => request.cases(asked).filter((name) => name.includes(options.case)),
    rounds: (asked) => (options.rounds ? Number(options.rounds) : request.rounds(asked)),
  };
}
