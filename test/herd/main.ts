/** `npm run herd`: kills the server under all its sessions, and measures how they come back. */

import { defineProgram, runIfMain } from '../harness/program.js';
import { makeRunFolder, writeReport } from '../harness/run-folder.js';

const SESSIONS = 5_000;
const SESSIONS_SHORT = 300;

export const program = defineProgram({
  name: 'herd',
  about: `Kills a server with SIGKILL while all sessions are live, and starts it again at once on the same port and data. Each
session is a Socket.IO client with a monitor; one in ten follows a thread that is published to all the time.`,
  passes: `each session was live again within 15 s, none was refused for good, no event was lost, repeated or out of
order, and the event loop of the new process kept within its bound`,
  flags: {
    sessions: {
      kind: 'whole number',
      range: [2, 50_000],
      what: 'how many; 5,000 if it is left out, 300 with --short',
    },
    addresses: {
      kind: 'whole number',
      default: 100,
      range: [1, 200],
      what: 'how many loopback addresses they come from; the limits of an address hold for each',
    },
    transport: {
      kind: 'choice',
      choices: {
        websocket: 'WebSocket from the first request on',
        polling: 'HTTP long polling',
        upgrade: 'polling, then WebSocket',
      },
      what: 'how they connect',
    },
    short: { kind: 'switch', what: 'fewer sessions, with the bounds of npm test' },
    refuse: {
      kind: 'switch',
      what: 'the server comes back with another secret for tokens: the run must fail',
    },
  },
  async run({ sessions, short, ...options }, say) {
    const { runHerd } = await import('./run.js');
    const { brokenBounds } = await import('../attack/judge.js');
    const { boundsOf, linesOf } = await import('./figures.js');
    const folder = makeRunFolder('herd');
    const count = sessions ?? (short ? SESSIONS_SHORT : SESSIONS);
    const settings = { ...options, short, sessions: count };
    say(`${count} sessions, ${options.addresses} addresses, ${options.transport}, ${folder}`);
    const figures = await runHerd({ ...settings, folder }, say);
    const broken = boundsOf(short).flatMap((bounds) => brokenBounds(figures, bounds));
    say(`\n${[...linesOf(figures), ...broken].map((line) => `  ${line}`).join('\n')}\n`);
    const passed = broken.length === 0;
    const report = { ...settings, passed, figures, broken };
    return { passed, report: writeReport(folder, report) };
  },
});

await runIfMain(program, import.meta.url);
