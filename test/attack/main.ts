/** `npm run attack`: each scenario, its figures, and the bounds that they break. */

import { defineProgram, runIfMain } from '../harness/program.js';
import { makeRunFolder, writeReport } from '../harness/run-folder.js';

export const program = defineProgram({
  name: 'attack',
  about: `Attacks a server on loopback: generated malformed inputs, floods, slow and paused readers. Beside each a healthy
user publishes all the time, and measures how long an event takes.`,
  passes:
    'the server survives all attacks, the healthy user loses nothing, and every figure is within its bound',
  flags: {
    seed: { kind: 'whole number', default: 1, what: 'which inputs are generated' },
    only: { kind: 'text', what: 'the scenarios whose names hold X, or one of several: deep,idle' },
    short: { kind: 'switch', what: 'a second or two each, with the bounds of npm test' },
    redis: {
      kind: 'switch',
      what: 'the server keeps its data in a redis-server that the run starts',
    },
    unprotected: {
      kind: 'switch',
      what: 'the server limits none of its peers: the run must fail',
    },
    replay: {
      kind: 'text',
      what: 'only these generated inputs, as a failed run names them: events:17,http:3',
    },
  },
  async run({ seed, only, redis, unprotected, replay, ...form }, say) {
    const { playTogether } = await import('./run.js');
    const { SCENARIOS, groupsOf } = await import('./scenarios/index.js');
    const { tableOf } = await import('./table.js');
    const folder = makeRunFolder('attack', seed);
    const inputs = replay === '' ? [] : replay.split(',');
    // What an input does shows without a base.
    const short = form.short || inputs.length > 0;
    const names = inputs.length > 0 ? ['malformed'] : only.split(',');
    const wanted = SCENARIOS.filter(({ name }) => names.some((each) => name.includes(each)));
    const chosen = short ? wanted.filter((each) => each.short) : wanted;
    say(`seed ${seed}, ${chosen.length} scenarios, ${folder}`);
    if (chosen.length === 0) say(`There are: ${SCENARIOS.map(({ name }) => name).join(', ')}`);
    const results = [];
    const options = { seed, short, redis, unprotected, replay: inputs, folder, say };
    for (const group of groupsOf(chosen, short)) {
      results.push(...(await playTogether(group, options)));
    }
    say(`\n${tableOf(results)}\n`);
    const passed = results.length > 0 && results.every(({ broken }) => broken.length === 0);
    return { passed, report: writeReport(folder, { seed, short, redis, passed, results }) };
  },
});

await runIfMain(program, import.meta.url);
