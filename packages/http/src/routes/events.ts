/** `/threads/:thread_id/events`: a thread's log to read, follow and publish to, in any language. */

import { parsePublishMessage, parsePublishQuestion } from '@session-monitor/protocol';
import type { SessionServer } from '@session-monitor/server';
import { clientAddress, publishFromClient, storeFault } from '@session-monitor/server/internal';
import { sendFault, sendJson } from '../answer.js';
import type { Exchange, Route } from '../exchange.js';
import { messageIdOf } from '../idempotency-key.js';
import { admitToThread } from '../permission.js';
import { eventReader } from './read-events.js';

const PATH = '/threads/:thread_id/events';

/** @param maxEventBodyBytes the largest body of a publish */
export function eventRoutes(sessions: SessionServer, maxEventBodyBytes: number): readonly Route[] {
  const { store, logger, quotas, endpoint } = sessions.internals;

  async function publish(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    // `authorize` is asked about the event's name, which stands in the body. So the body is read, bounded, but nothing
    // else of it is parsed before the hook has admitted its sender.
    const body = await exchange.readBody({
      maxBytes: maxEventBodyBytes,
      pick: ['event', 'user_id'],
    });
    if (!body.ok) return sendFault(response, body.fault);
    const asked = parsePublishQuestion(body.value.picked);
    if (!asked.ok) return sendFault(response, asked.fault);
    const accessRequest = { action: 'publish', ...asked.value } as const;
    const thread = await admitToThread(sessions, exchange, accessRequest);
    if (!thread.ok) return sendFault(response, thread.fault);
    const parsed = body.value.parse(parsePublishMessage);
    if (!parsed.ok) return sendFault(response, parsed.fault);
    const { event, data } = parsed.value;
    const message_id = messageIdOf(request.headers, parsed.value.message_id);
    if (!message_id.ok) return sendFault(response, message_id.fault);
    const { thread_id, owner, user_id } = thread.value;
    try {
      const sent = { thread_id, event, data, message_id: message_id.value, owner };
      const admit = quotas.admitting(quotas.spenderOf(owner, request));
      const address = clientAddress(request, endpoint.addresses);
      const about = { thread_id, message_id: message_id.value, user_id, address };
      const span = exchange.origin?.publish(about);
      const published = await publishFromClient(store.logs, sent, { admit, span });
      if (published.ok) sendJson(response, { offset: published.value });
      else sendFault(response, published.fault);
    } catch (error) {
      sendFault(response, storeFault(logger, error, 'publish'));
    }
  }

  return [
    { method: 'GET', path: PATH, handle: eventReader(sessions) },
    { method: 'POST', path: PATH, handle: publish },
  ];
}
