/** Bodies of polling requests: Engine.IO packets, right and wrong, in one payload. */

import type { Random } from '../../simulation/time/random.js';
import { times } from '../../support/until.js';
import { SEPARATOR } from '../attacker/polling.js';
import { socketIoPacket } from './events.js';
import { mangled, nastyString } from './nasty.js';

export function pollingPayload(random: Random): string {
  const packets = times(random.int(1, 8), () => engineIoPacket(random));
  const separator = random.chance(0.9)
    ? SEPARATOR
    : random.pick(['', SEPARATOR.repeat(3), '\n', '\u0000']);
  const text = packets.join(separator);
  return random.chance(0.15) ? mangled(random, text) : text;
}

/** Also what a WebSocket message may hold. */
export function engineIoPacket(random: Random): string {
  switch (random.int(0, 7)) {
    case 0:
      return random.pick([
        '0',
        '0{}',
        '0{"sid":"x"}',
        '1',
        '2',
        '2probe',
        '3',
        '3probe',
        '5',
        '6',
        '7',
        '',
      ]);
    case 1:
      return `b${random.pick(['', '!!!', 'AAAA', 'AA==', 'a'.repeat(500)])}`;
    case 2:
      return nastyString(random);
    case 3:
      return `${random.int(0, 9)}${nastyString(random)}`;
    case 4:
      return '40';
    default:
      return socketIoPacket(random);
  }
}
