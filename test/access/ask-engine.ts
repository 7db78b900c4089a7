/** Asks for a connection, or on its transport, and describes what happens in the words of the policy. */

import { type Asking, honestly, routeOf } from './asking.js';
import { Conversation, poll, type Route } from './conversation.js';
import { textOf } from './requests.js';
import type { EngineVerb } from './verbs.js';

/** Opens a connection, or asks on one that an honest client has opened: its `sid` is known. */
export async function askEngine({ transport, on }: EngineVerb, asking: Asking): Promise<string> {
  if (on === undefined) return tryToOpen(transport, routeOf(asking));
  const honest = honestly(asking);
  const handshake = await poll(routeOf(honest), 'GET');
  if (handshake.status === 0) return 'unreachable';
  const { sid } = JSON.parse(handshake.text.slice(1)) as { sid: string };
  const route = routeOf(asking, { sid });
  if (on === 'upgrade') return tryToOpen(transport, route);
  // What the server answers to it waits for a poll.
  if (on === 'poll') await poll(routeOf(honest, { sid }), 'POST', '40');
  const answer = await (on === 'poll' ? poll(route, 'GET') : poll(route, 'POST', '40'));
  asking.answers.add(textOf(answer));
  await poll(routeOf(honest, { sid }), 'POST', '1');
  return answer.status === 200 ? 'open' : String(answer.status);
}

async function tryToOpen(transport: EngineVerb['transport'], route: Route): Promise<string> {
  const opened = await Conversation.open(transport, route);
  if ('refusal' in opened) return opened.refusal;
  opened.talk.end();
  return 'open';
}
