/** Socket.IO packets: each event of the protocol with broken fields, unknown events, and packets that are none. */

import { CLIENT_EVENTS, SERVER_EVENTS } from '@session-monitor/protocol';
import type { Random } from '../../simulation/time/random.js';
import { mangled, nastyJson, nastyString, nastyValue } from './nasty.js';

type Message = Readonly<Record<string, unknown>>;

/** The player puts the id of its session in the place of this one. */
export const SESSION = 'i'.repeat(22);
const SEND = { session_id: SESSION, message_id: 'm', event: 'note', data: {} };
const ACK = { session_id: SESSION, generation: 1, epoch: 'epoch', offset: 0 };

/** What each event carries when it is right. */
const MESSAGES: Readonly<Record<keyof typeof CLIENT_EVENTS, Message>> = {
  registerSession: { protocol: 2, thread_id: 'x:1', instance: SESSION, attempt: 1, since: 'start' },
  ping: { ...ACK, rtt_ms: 1, client_info: {} },
  systemPingResponse: { session_id: SESSION },
  leaveSession: { session_id: SESSION, generation: 1 },
  threadResume: { session_id: SESSION, cursor: 'epoch.0.0' },
  threadAck: ACK,
  threadSend: SEND,
  requestMissedMessages: { thread_id: 'x:1' },
  forceRoomJoin: { thread_id: 'x:1' },
  debugSocketStatus: {},
};
const NAMES = Object.keys(MESSAGES) as [keyof typeof MESSAGES];
const SERVER_NAMES = Object.values(SERVER_EVENTS) as [string, ...string[]];
const TYPES = ['0', '1', '2', '3', '4', '5', '6', '7', '9', 'x'] as const;

/** The text of one WebSocket message, an Engine.IO message packet. */
export function socketIoPacket(random: Random): string {
  const text = `4${packet(random)}`;
  return random.chance(0.15) ? mangled(random, text) : text;
}

function packet(random: Random): string {
  const id = random.chance(0.6)
    ? random.pick(['0', '1', '17', '9007199254740993', '00', '-1'])
    : '';
  const namespace = random.chance(0.1) ? `/${nastyString(random).slice(0, 100)},` : '';
  if (random.chance(0.75)) return `2${namespace}${id}${eventJson(random)}`;
  const type = random.pick(TYPES);
  const attachments =
    type === '5' || type === '6' ? random.pick(['1-', '2-', '99999-', '-', '']) : '';
  return `${type}${attachments}${namespace}${id}${random.chance(0.5) ? eventJson(random) : nastyJson(random)}`;
}

function eventJson(random: Random): string {
  if (random.chance(0.1)) return JSON.stringify([nastyString(random), nastyValue(random)]);
  if (random.chance(0.05)) return JSON.stringify([random.pick(SERVER_NAMES), nastyValue(random)]);
  const name = random.pick(NAMES);
  const message = random.chance(0.1) ? nastyJson(random) : brokenJson(random, MESSAGES[name]);
  const more = random.chance(0.05) ? `,${nastyJson(random)}` : '';
  return `[${JSON.stringify(CLIENT_EVENTS[name])},${message}${more}]`;
}

/** The message with some of its fields wrong, gone, or beside fields that it does not have. */
function brokenJson(random: Random, message: Message): string {
  const fields = Object.entries(message)
    .filter(() => !random.chance(0.1))
    .map(([name, value]) => {
      const json = random.chance(0.3) ? nastyJson(random) : JSON.stringify(value);
      return `${JSON.stringify(name)}:${json}`;
    });
  if (random.chance(0.2))
    fields.push(`${JSON.stringify(nastyString(random))}:${nastyJson(random)}`);
  return `{${fields.join(',')}}`;
}
