/** The messages of a v2 client: how each is parsed, and which wait for an answer. */

import { CLIENT_EVENTS } from '../names.js';
import {
  parseLeaveSession,
  parsePing,
  parseRegisterSession,
  parseThreadAck,
  parseThreadResume,
  parseThreadSend,
} from '../parse/client-messages.js';
import { parseSystemPingResponse } from '../v1/client-messages.js';

/** A message with `needsAck` is refused without an acknowledgement function. */
export const V2_MESSAGES = {
  [CLIENT_EVENTS.registerSession]: { parse: parseRegisterSession, needsAck: true },
  [CLIENT_EVENTS.threadResume]: { parse: parseThreadResume, needsAck: true },
  [CLIENT_EVENTS.threadSend]: { parse: parseThreadSend, needsAck: true },
  [CLIENT_EVENTS.ping]: { parse: parsePing, needsAck: true },
  [CLIENT_EVENTS.leaveSession]: { parse: parseLeaveSession, needsAck: false },
  [CLIENT_EVENTS.threadAck]: { parse: parseThreadAck, needsAck: false },
  [CLIENT_EVENTS.systemPingResponse]: { parse: parseSystemPingResponse, needsAck: false },
} as const;
