/** A client that guesses tokens, one after another, on a new socket whenever it is thrown out. */

import { pause } from '../../support/until.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { SocketPeer } from '../attacker/socket-peer.js';
import type { Counts, Scenario } from '../scenario.js';
import { CALM } from './calm.js';

const FOR_MS = 10_000;
const RETRY_MS = 20;
/** `refusalsPerMinute`, and those that were under way when it was reached. */
const ALLOWED = 12;
/** On a busy machine it goes on until there are so many, more than one socket may have, or for so long. */
const FEWEST = 2 * ALLOWED;
const AT_MOST_MS = 30_000;

export const tokenGuesses: Scenario = {
  name: 'token-guesses',
  finding: 'H10',
  about: 'one client guesses tokens as fast as it is answered, on a new socket when one is closed',
  attack,
  bounds: { most: { ...CALM, guessesPerSocket: ALLOWED, guessesPerSecond: 1_000, logGrowthMb: 1 } },
  short: { most: { guessesPerSocket: ALLOWED }, least: { guesses: FEWEST } },
};

async function attack({ port, random, scaled }: Kit): Promise<Counts> {
  const forMs = scaled(FOR_MS, 1_000);
  const startedAt = performance.now();
  let guesses = 0;
  let sockets = 0;
  const goesOn = () => {
    const ms = performance.now() - startedAt;
    return ms < forMs || (guesses < FEWEST && ms < AT_MOST_MS);
  };
  while (goesOn()) {
    const peer = new SocketPeer({ port, address: addressOf(0) });
    await peer.ready;
    if (peer.open) sockets += 1;
    else await pause(RETRY_MS);
    while (peer.open && goesOn()) {
      const answer = await peer.register('crowd:1', random.name(22), { token: random.name(200) });
      if (answer !== undefined) guesses += 1;
    }
    peer.close();
  }
  const guessesPerSocket = guesses / Math.max(1, sockets);
  return {
    sockets,
    guesses,
    guessesPerSocket,
    guessesPerSecond: (guesses * 1_000) / (performance.now() - startedAt),
  };
}
