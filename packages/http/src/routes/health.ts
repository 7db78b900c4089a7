/** `/healthz` says that the process lives, `/readyz` that it takes on work. */

import type { SessionServer } from '@session-monitor/server';
import { sendJson } from '../answer.js';
import type { DebugAccess } from '../debug-access.js';
import type { Exchange, Route } from '../exchange.js';

export function healthRoutes(sessions: SessionServer, access: DebugAccess): readonly Route[] {
  const { store, endpoint } = sessions.internals;

  async function health(exchange: Exchange): Promise<void> {
    const { response } = exchange;
    // A page on a listed origin asks whether the server is there before it follows over server-sent events.
    response.setHeader('cross-origin-resource-policy', 'cross-origin');
    // How many users there are is not a stranger's business.
    const mayCount = (await access.judge(exchange, { needsKey: false })) === 'granted';
    const storage = store.space?.isFull ? { storage: 'full' } : {};
    sendJson(response, { status: 'ok', ...storage, ...(mayCount && counts()) });
  }

  const counts = () => ({
    ...sessions.stats(),
    /** Requests of connections that are not on this node, since it was started. */
    misrouted_requests: endpoint.misroutedRequests.count,
  });

  async function readiness({ response }: Exchange): Promise<void> {
    const reason = sessions.draining ? 'draining' : await whyStoreFails();
    if (reason) sendJson(response, { status: 'not ready', reason }, 503);
    else sendJson(response, { status: 'ready' });
  }

  const whyStoreFails = (): Promise<string | undefined> =>
    store.logs.threads('', 1).then(
      () => undefined,
      () => 'the store does not answer',
    );

  return [
    { method: 'GET', path: '/healthz', isPublic: true, handle: health },
    { method: 'GET', path: '/readyz', isPublic: true, handle: readiness },
  ];
}
