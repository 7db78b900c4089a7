/** `npm run bench`: asks every question, or those that are named. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineProgram, runIfMain } from '../test/harness/program.js';
import { backup } from './backup.js';
import { coldStart } from './cold-start.js';
import { counters } from './counters.js';
import { dashboard } from './dashboard.js';
import { eventSize } from './event-size.js';
import { fanOut } from './fan-out.js';
import { halfOpen } from './half-open.js';
import { heartbeats } from './heartbeats.js';
import { idle } from './idle.js';
import { lateJoin } from './late-join.js';
import { logSize } from './log-size.js';
import { nodes } from './nodes.js';
import { opentelemetry } from './opentelemetry.js';
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
import { tracing } from './tracing.js';
import { wire } from './wire.js';

const PROMPTS: readonly BenchRequest[] = [
  fanOut,
  eventSize,
  paced,
  counters,
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
  tracing,
  opentelemetry,
  dashboard,
  coldStart,
];

const REFERENCE = join('bench', 'reference.json');
const RESULTS = join('bench', 'results');
const PROFILES = join('.cache', 'profiles');

const program = defineProgram({
  name: 'bench',
  about:
    'Measures what is asked, all of it in about a quarter of an hour. A missed target fails nothing.',
  passes: 'all was measured',
  words: Object.fromEntries(PROMPTS.map(({ name, title }) => [name, title])),
  flags: {
    short: { kind: 'switch', what: 'a look at what matters most, in under two minutes' },
    only: { kind: 'text', what: 'peers whose name holds X, or one of X,Y' },
    case: { kind: 'text', what: 'cases whose name holds X' },
    rounds: { kind: 'whole number', range: [1, 1_000], what: 'how often' },
    profile: { kind: 'switch', what: 'processor profiles of the servers, in .cache/profiles' },
    node: {
      kind: 'text',
      what: "flags for the servers' Node, in place of those that npm start has: --node=FLAGS",
    },
    saveReference: { kind: 'switch', what: 'keeps the ratios in bench/reference.json' },
  },
  async run(options, say, asked) {
    if (options.profile) profileTo(PROFILES);
    if (options.node !== '') runServersWith(options.node.split(' '));
    const mode = { short: options.short };
    const all = new Map<string, Results>();
    const verdicts: Verdict[] = [];
    const ratios: Record<string, Ratios[string]> = {};
    for (const request of PROMPTS) {
      const isAsked =
        asked.length === 0 ? !mode.short || request.inShort === true : asked.includes(request.name);
      if (!isAsked) continue;
      const narrowed = narrow(request, options);
      if (narrowed.peers(mode).length === 0 || narrowed.cases(mode).length === 0) continue;
      const results = await ask(narrowed, mode, (what) => {
        if (!mode.short) say(`${request.name}: ${what}`);
      });
      say(tables(request, results));
      all.set(request.name, results);
      ratios[request.name] = ratiosOf(request, results);
      verdicts.push(...verdictsOf(request, results));
    }
    if (verdicts.length > 0) say(verdictTable(verdicts));
    say(ratioTable(ratios, readReference(REFERENCE)));
    mkdirSync(RESULTS, { recursive: true });
    const file = join(RESULTS, `${new Date().toISOString().replaceAll(':', '-')}.json`);
    writeFileSync(file, toJson(all));
    say(`\nAll of it: ${file}`);
    if (options.saveReference) writeReference(REFERENCE, ratios);
    return { passed: true };
  },
});

interface Narrowing {
  readonly only: string;
  readonly case: string;
  readonly rounds: number | undefined;
}

function narrow(request: BenchRequest, { only, case: part, rounds }: Narrowing): BenchRequest {
  const parts = only.split(',');
  return {
    ...request,
    peers: (mode) =>
      request.peers(mode).filter((peer) => parts.some((each) => peer.includes(each))),
    cases: (mode) => request.cases(mode).filter((name) => name.includes(part)),
    rounds: (mode) => rounds ?? request.rounds(mode),
  };
}

await runIfMain(program, import.meta.url);
