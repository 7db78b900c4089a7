/** One user asks for long replies on 70 threads; then another user asks for one. */

import { bearer, HttpPeer } from '../attacker/http-peer.js';
import { HttpPeers } from '../attacker/http-peers.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { atATime } from '../attacker/pace.js';
import { tokenOf } from '../attacker/token.js';
import type { Counts, Scenario } from '../scenario.js';
import { CALM } from './calm.js';

const QUESTIONS = 1_120;
const THREADS = 70;
const AT_A_TIME = 16;
/** `runsPerUser`. */
const ALLOWED = 50;

export const runsOfOneUser: Scenario = {
  name: 'runs-of-one-user',
  finding: 'H7',
  about: 'one user asks 16 long questions on each of 70 threads; then another user asks one',
  attack,
  bounds: { most: { ...CALM, accepted: ALLOWED, othersRefused: 0 } },
  short: { most: { accepted: ALLOWED, othersRefused: 0 }, least: { refused: 1 } },
};

async function attack({ port, scaled }: Kit): Promise<Counts> {
  const ask = async (peer: HttpPeer, user: string, thread: number, token: string) => {
    const body = JSON.stringify({
      thread_id: `${user}:${thread}`,
      user_input: 'Tell me all in 5000 words',
      use_websocket: true,
    });
    const headers = bearer(token);
    return (await peer.ask({ method: 'POST', path: '/havefun', headers, body, headOnly: true }))
      .status;
  };
  const greedy = await tokenOf('greedy');
  const peers = new HttpPeers(port, AT_A_TIME);
  const counts = { accepted: 0, refused: 0 };
  await atATime(AT_A_TIME, scaled(QUESTIONS, 80), async (index) => {
    const status = await ask(peers.of(index), 'greedy', index % THREADS, greedy);
    counts[status === 200 ? 'accepted' : 'refused'] += 1;
  });
  const other = await ask(new HttpPeer(port, addressOf(99)), 'other', 1, await tokenOf('other'));
  return { ...counts, othersRefused: other === 200 ? 0 : 1 };
}
