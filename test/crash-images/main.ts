/** `npm run crash-images`: takes images, opens them, and reports the results of each kind. */

import { listCounts } from '../harness/figures.js';
import { defineProgram, runIfMain } from '../harness/program.js';
import { makeRunFolder, writeReport } from '../harness/run-folder.js';
import type { ImagesReport } from './run.js';

export const program = defineProgram({
  name: 'crash-images',
  about: `A process writes to a real data directory; it is stopped (SIGSTOP) at random moments and the directory is
copied: that is what a process leaves that crashes at this moment. Of each copy there is one as it is, one cut
short and one with flipped bits. Each is opened in another process.`,
  passes:
    'each gave what was acknowledged, or, if it was damaged, a true prefix of that or a clear error',
  flags: {
    images: { kind: 'whole number', default: 60, range: [3, 100_000], what: 'how many images' },
    seed: { kind: 'whole number', default: 1, what: 'where and how the damage is done' },
  },
  async run({ images, seed }, say) {
    const { runCrashImages } = await import('./run.js');
    const folder = makeRunFolder('crash-images', seed);
    const began = performance.now();
    const outcome = await runCrashImages({ images, seed, folder, say });
    const seconds = Math.round((performance.now() - began) / 1_000);
    const passed = outcome.findings.length === 0;
    say(`\n${tableOf(outcome)}\n  ${seconds} s\n`);
    return { passed, report: writeReport(folder, { passed, seed, seconds, ...outcome }) };
  },
});

function tableOf({ images, counts, codes, acknowledged }: ImagesReport): string {
  const results = Object.keys(counts.pristine) as (keyof typeof counts.pristine)[];
  const columns = results.map((name) => name.padStart(16)).join('');
  const rows = Object.entries(counts).map(
    ([damage, found]) =>
      `  ${damage.padEnd(10)}${results.map((name) => `${found[name]}`.padStart(16)).join('')}`,
  );
  return [
    `  ${images} images, ${acknowledged} acknowledged appends looked for`,
    `  ${' '.repeat(10)}${columns}`,
    ...rows,
    `  refusals: ${listCounts(codes) || 'none'}`,
  ].join('\n');
}

await runIfMain(program, import.meta.url);
