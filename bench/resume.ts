/** How long does a real client take to follow its thread again after its connection was cut? */

import { helper } from '../test/harness/program.js';
import { Remote } from '../test/support/remote.js';
import { pause } from '../test/support/until.js';
import type { ClientHandlers, ClientKind } from './support/clients.js';
import type { PeerName } from './support/peers/peer.js';
import type { BenchRequest } from './support/question.js';
import { startServer } from './support/stage.js';
import { median, quantile } from './support/statistics.js';

const CLIENTS = 20;
/** A connection that has been up this long and breaks counts as a blip. */
const UP_FOR_MS = 5_200;

const KINDS: Readonly<Record<string, { readonly kind: ClientKind; readonly server: PeerName }>> = {
  'plain, default': { kind: 'plain', server: 'rooms' },
  'plain, first delay 10 ms': { kind: 'plain-tuned', server: 'rooms' },
  ours: { kind: 'monitor', server: 'ours' },
};

export const resume: BenchRequest = {
  name: 'resume',
  title: 'Resume of one after a cut, default options',
  peers: ({ short }) => Object.keys(KINDS).slice(short ? 1 : 0),
  cases: () => ['a cut'],
  rounds: ({ short }) => (short ? 1 : 3),
  async measure(peer, _name, { short }) {
    const { kind, server: name } = KINDS[peer] ?? fail(peer);
    const server = await startServer();
    const clients = await Remote.start<ClientHandlers>(helper('clients'));
    try {
      const port = await server.ask('start', { name, options: {} });
      await clients.ask('connect', { port, kind, count: short ? 8 : CLIENTS });
      await pause(UP_FOR_MS);
      const times = await clients.ask('cutEach');
      await clients.ask('close');
      await server.ask('close');
      const sorted = times.toSorted((a, b) => a - b);
      return { 'median ms': median(times), 'p90 ms': quantile(sorted, 0.9) };
    } finally {
      await clients.stop();
      await server.stop();
    }
  },
  ratios: [{ metric: 'median ms', against: ['plain, first delay 10 ms'] }],
  targets: [
    { metric: 'median ms', atMost: 25 },
    {
      metric: 'median ms',
      against: 'plain, first delay 10 ms',
      difference: true,
      atMost: 5,
    },
  ],
};

function fail(name: string): never {
  throw new Error(`No client is called ${name}`);
}
