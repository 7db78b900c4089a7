/** WebSocket frames as bytes: opcodes, lengths, masks and fragments that are wrong, and right ones with nonsense in them. */

import type { Random } from '../../simulation/time/random.js';
import { times } from '../../support/until.js';
import { engineIoPacket } from './payloads.js';

const OPCODES = [0, 1, 2, 3, 7, 8, 9, 10, 11, 15] as const;

export function webSocketFrames(random: Random): Buffer {
  return Buffer.concat(times(random.int(1, 3), () => frame(random)));
}

function frame(random: Random): Buffer {
  const payload = payloadOf(random);
  const opcode = random.chance(0.6) ? 1 : random.pick(OPCODES);
  const final = random.chance(0.85) ? 0x80 : 0;
  const reserved = random.chance(0.1) ? random.pick([0x10, 0x20, 0x40, 0x70]) : 0;
  const masked = random.chance(0.9);
  const header = Buffer.from([final | reserved | opcode]);
  const key = randomBytes(random, 4);
  const body = masked ? Buffer.from(payload.map((byte, at) => byte ^ (key[at % 4] ?? 0))) : payload;
  return Buffer.concat([
    header,
    lengthOf(random, payload.length, masked),
    masked ? key : Buffer.alloc(0),
    body,
  ]);
}

const randomBytes = (random: Random, length: number): Buffer =>
  Buffer.from(times(length, () => random.int(0, 255)));

/** Right most of the time; else in a wrong form, or far from what follows. */
function lengthOf(random: Random, length: number, masked: boolean): Buffer {
  const mask = masked ? 0x80 : 0;
  const said = random.chance(0.9)
    ? length
    : random.pick([0, 1, 125, 65_535, 2 ** 31, 2 ** 53, length + 7]);
  if (said < 126 && random.chance(0.95)) return Buffer.from([mask | said]);
  if (said < 65_536) {
    const short = Buffer.alloc(3);
    short.writeUInt8(mask | 126);
    short.writeUInt16BE(said, 1);
    return short;
  }
  const long = Buffer.alloc(9);
  long.writeUInt8(mask | 127);
  long.writeBigUInt64BE(BigInt(said), 1);
  return long;
}

function payloadOf(random: Random): Buffer {
  switch (random.int(0, 5)) {
    case 0:
      return randomBytes(random, random.int(0, 200));
    case 1:
      // A code of a close frame, and a text that is not UTF-8.
      return Buffer.from([random.int(0, 255), random.int(0, 255), 0xc3, 0x28, 0xff]);
    case 2:
      return Buffer.alloc(
        random.pick([0, 125, 126, 65_535, 66_000]),
        random.pick(['4', '2', '\u0000']),
      );
    default:
      return Buffer.from(engineIoPacket(random));
  }
}
