/** `npm run lifecycle`: reports how long each cycle took, and whether that was soon enough. */

import { defineProgram, runIfMain } from '../harness/program.js';

const SOON_MS = 2_000;
/** A hanging tab is not reported by the browser: the other tab needs two probes and a second without an answer. */
const DEPOSED_MS = 5_000;

export const program = defineProgram({
  name: 'lifecycle',
  about: `Pages in a real Chromium, while numbers are published: the page's process is stopped, the network is gone, the user
goes elsewhere and back (out of the browser's cache), the page is reloaded, the tab duplicated, the tab that has the
shared connection closes, or hangs. Every page checks each number that it gets.`,
  passes: `no number was lost or repeated and every page was live again, with everything, within 2 s (after a
hanging tab: 5 s)`,
  flags: {
    cycles: { kind: 'whole number', default: 20, range: [1, 1_000], what: 'how often each' },
    only: { kind: 'text', what: 'those kinds whose name holds X' },
    away: {
      kind: 'whole number',
      default: 60,
      range: [1, 3_600],
      what: 'how many seconds a page is frozen or offline',
    },
  },
  async run({ away, ...options }, say) {
    const { runLifecycle } = await import('./run.js');
    const report = await runLifecycle({ ...options, awayMs: away * 1_000, say });
    const late = Object.entries(report).filter(
      ([name, times]) => Math.max(...times) > (name === 'deposed' ? DEPOSED_MS : SOON_MS),
    );
    for (const [name, times] of late) say(`late: ${name}, ${Math.max(...times)} ms`);
    return { passed: late.length === 0, report };
  },
});

await runIfMain(program, import.meta.url);
