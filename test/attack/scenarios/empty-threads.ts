/** Many empty threads beside one that is written to: its limit of a megabyte holds all the same. */

import { pause, times } from '../../support/until.js';
import { bearer } from '../attacker/http-peer.js';
import { HttpPeers } from '../attacker/http-peers.js';
import type { Kit } from '../attacker/kit.js';
import { atATime } from '../attacker/pace.js';
import { tokenOf } from '../attacker/token.js';
import type { Counts, Scenario } from '../scenario.js';
import { MB } from '../units.js';
import { CALM } from './calm.js';

const THREADS = 20_000;
const AT_ONCE = 1_000;
const EVENTS = 700;
const EVENT_BYTES = 58_000;
const WRITERS = 8;
const WRITE_MS = 30_000;
const SWEEPS_MS = 10_000;

export const emptyThreads: Scenario = {
  name: 'empty-threads',
  finding: 'M2',
  about: '20,000 empty threads, and 40 MB on a thread that may keep 1 MB',
  server: { env: { RETENTION_BYTES: String(MB), SWEEP_INTERVAL_MS: '1000' } },
  async fill(store) {
    for (let done = 0; done < THREADS; done += AT_ONCE) {
      await Promise.all(times(AT_ONCE, (index) => store.logs.open(`empty:${done + index}`)));
    }
  },
  attack,
  bounds: { most: { ...CALM, keptMb: 3 } },
};

async function attack({ port, scaled }: Kit): Promise<Counts> {
  const headers = bearer(await tokenOf('zeal'));
  const path = '/threads/zeal:big/events';
  const body = JSON.stringify({ event: 'note', data: 'x'.repeat(EVENT_BYTES) });
  const peers = new HttpPeers(port, WRITERS);
  let written = 0;
  const write = async (index: number) => {
    const { status } = await peers.of(index).ask({ method: 'POST', path, headers, body });
    if (status === 200) written += 1;
  };
  await atATime(WRITERS, scaled(EVENTS), write, performance.now() + WRITE_MS);
  await pause(scaled(SWEEPS_MS, 2_000));
  const page = await peers.of(0).ask({
    path: `${path}?since=start&limit=1`,
    headers: { ...headers, accept: 'application/json' },
  });
  const { head, events } = JSON.parse(page.text || '{}') as {
    readonly head?: number;
    readonly events?: readonly { readonly offset: number }[];
  };
  peers.close();
  const kept = (head ?? Number.NaN) - (events?.[0]?.offset ?? Number.NaN) + 1;
  return { peers: WRITERS, written, keptMb: (kept * EVENT_BYTES) / MB };
}
