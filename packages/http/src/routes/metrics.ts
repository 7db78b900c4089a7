/** `GET /metrics`: what Prometheus scrapes, for requests with access to `/debug` or with the key of the metrics. */

import { ServerError, type SessionServer } from '@session-monitor/server';
import { loadPeer } from '@session-monitor/server/internal';
import { sendFault, sendText } from '../answer.js';
import type { DebugAccess } from '../debug-access.js';
import type { Exchange, Route } from '../exchange.js';
import type { Scrape } from '../metrics/scrape.js';

/** @param key opens this route alone, beside the key of `/debug` */
export function metricsRoute(
  sessions: SessionServer,
  access: DebugAccess,
  key: string | undefined,
): Route {
  let loading: Promise<Scrape> | undefined;

  async function answer(exchange: Exchange): Promise<void> {
    const { response } = exchange;
    if (!(await access.admits(exchange, { needsKey: false, ownKey: key }))) return;
    try {
      loading ??= load();
      const { contentType, text } = await loading;
      sendText(response, await text(), contentType);
    } catch (error) {
      loading = undefined;
      if (!(error instanceof ServerError && error.code === 'ERR_PEER_MISSING')) throw error;
      sendFault(response, { code: 'peer_missing', message: error.message });
    }
  }

  /** With the first request: a server that is not scraped does not load prom-client. */
  const load = () =>
    loadPeer('prom-client', 'GET /metrics', async () => {
      const { createScrape } = await import('../metrics/scrape.js');
      return createScrape(sessions);
    });

  return { method: 'GET', path: '/metrics', handle: answer };
}
