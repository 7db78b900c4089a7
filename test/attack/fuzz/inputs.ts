/** Every generated input has a name, and comes from the seed and that name alone: it can be made again. */

import { Random } from '../../simulation/time/random.js';
import { socketIoPacket } from './events.js';
import { webSocketFrames } from './frames.js';
import { engineIoPacket, pollingPayload } from './payloads.js';
import { httpRequest } from './requests.js';

export const GRAMMARS = {
  /** Socket.IO events in WebSocket messages. */
  events: socketIoPacket,
  /** Engine.IO packets in WebSocket messages. */
  packets: engineIoPacket,
  /** Payloads of polling requests. */
  polling: pollingPayload,
  /** WebSocket frames, as bytes. */
  frames: webSocketFrames,
  /** HTTP requests, as bytes. */
  http: httpRequest,
} as const satisfies Readonly<Record<string, (random: Random) => string | Buffer>>;

export type Grammar = keyof typeof GRAMMARS;
export const GRAMMAR_NAMES = Object.keys(GRAMMARS) as Grammar[];

export const inputOf = <G extends Grammar>(
  grammar: G,
  seed: number,
  index: number,
): ReturnType<(typeof GRAMMARS)[G]> =>
  GRAMMARS[grammar](new Random(seed).fork(`${grammar}:${index}`)) as ReturnType<
    (typeof GRAMMARS)[G]
  >;

/** As text in which every control character shows. */
export const shownInput = (input: string | Buffer): string =>
  JSON.stringify(typeof input === 'string' ? input : input.toString('latin1'));
