/** A server's answer to each message of the protocol, on a socket without a monitor. */

import type { Receipt } from '@session-monitor/protocol';
import { until } from '../../support/until.js';
import { plainReceipt, type Told } from './app.js';
import type { Stage } from './stage.js';

const THREAD = 'bare';
const INSTANCE = 'i'.repeat(22);

/** Sends every message that a client may send, right and wrong ones; returns the answers. */
export async function talk(stage: Stage): Promise<Told> {
  for (const n of [1, 2, 3]) await stage.publish(THREAD, 'note', n);
  const socket = stage.socket();
  const told: unknown[] = [];
  socket.on('connected', (payload: object) =>
    told.push(['connected', Object.keys(payload).sort()]),
  );
  socket.on('error', ({ code }: { readonly code: string }) => told.push(['error', code]));
  socket.connect();
  await until('connected', () => socket.connected && told.length > 0);

  const ask = (event: string, payload: unknown): Promise<unknown> =>
    new Promise((resolve) => socket.emit(event, payload, resolve));
  const tell = async (what: string, event: string, payload: unknown): Promise<unknown> => {
    const answer = await ask(event, payload);
    told.push([what, plainAnswer(answer)]);
    return answer;
  };
  const request = { protocol: 2, thread_id: THREAD, instance: INSTANCE };
  const register = (what: string, more: object) =>
    tell(what, 'register_session', { ...request, ...more }) as Promise<Receipt>;

  const first = await register('the first registration', { attempt: 1, since: 'now' });
  const same = await register('the same again', { attempt: 1, since: 'now' });
  told.push([first.session_id === same.session_id, first.cursor === same.cursor]);
  await stage.publish(THREAD, 'note', 4);
  const named = { session_id: first.session_id, session_secret: first.session_secret };
  const next = await register('the next, with a claim', { attempt: 2, ...named, since: 'now' });
  await register('an older one', { attempt: 1, ...named });
  await register('an invalid number', { attempt: 0 });
  await register('a malformed cursor', { attempt: 3, ...named, cursor: 'malformed' });
  const wrong = { ...named, session_secret: 's'.repeat(22) };
  const fourth = await register('a wrong secret', { attempt: 4, ...wrong, cursor: next.cursor });
  const another = { instance: 'j'.repeat(22), attempt: 1, ...named };
  const fork = await register('another instance', another);
  told.push([fork.session_id !== first.session_id, fourth.session_id === first.session_id]);

  const { session_id, generation, epoch } = fourth;
  const place = { session_id, generation, epoch, offset: 4 };
  await tell('a ping', 'ping', place);
  await tell('a ping of a former owner', 'ping', { ...place, generation: generation - 1 });
  await tell('a ping, unknown id', 'ping', { ...place, session_id: 'n'.repeat(22) });
  await tell('a malformed ping', 'ping', { ...place, offset: -1 });
  await tell('an acknowledgement', 'thread_ack', place);
  await tell('a resume', 'thread_resume', { session_id, cursor: next.cursor });
  await tell('a malformed resume', 'thread_resume', { session_id, cursor: 'malformed' });
  await tell('a resume, unknown id', 'thread_resume', { session_id: 'n'.repeat(22), cursor: '' });

  const sending = {
    session_id,
    message_id: 'm',
    event: 'note',
    data: 5,
  };
  await tell('an event', 'thread_send', sending);
  await tell('the same event', 'thread_send', sending);
  await tell('another event of that name', 'thread_send', { ...sending, data: 6 });
  await tell('an ephemeral event', 'thread_send', { ...sending, message_id: 'e', ephemeral: true });
  await tell('a reserved name', 'thread_send', { ...sending, event: 'thread_ack' });
  await tell('a name of a reply', 'thread_send', { ...sending, event: 'message' });
  const large = { ...sending, message_id: 'l', data: 'x'.repeat(600_000) };
  await tell('an event that is too large', 'thread_send', large);
  await tell('an event, unknown id', 'thread_send', { ...sending, session_id: 'n'.repeat(22) });
  await tell('an answer to a system_ping', 'system_ping_response', {
    thread_id: THREAD,
    timestamp: '',
    received_at: '',
  });
  await tell('something unknown', 'hello', {});
  socket.emit('thread_send', sending);
  socket.emit('hello', {});
  await until(
    'both are refused',
    () => told.filter((each) => String(each).startsWith('error')).length === 2,
  );

  await tell('a leave of a former owner', 'leave_session', { session_id, generation: 1 });
  await tell('a ping after it', 'ping', place);
  await tell('a leave', 'leave_session', { session_id, generation });
  await tell('a ping after that', 'ping', place);
  socket.disconnect();
  return told;
}

/** An answer without the fields that differ between servers. */
function plainAnswer(answer: unknown): unknown {
  const { ok, protocol, error, pong } = answer as {
    readonly ok?: boolean;
    readonly protocol?: number;
    readonly error?: object;
    readonly pong?: true;
  };
  if (ok && protocol) return plainReceipt(answer as Receipt);
  if (error) return { ...error, message: '' };
  const { timestamp, session_id, epoch, ...rest } = answer as Readonly<Record<string, unknown>>;
  return pong ? { ...rest, hasEpoch: epoch !== undefined } : rest;
}
