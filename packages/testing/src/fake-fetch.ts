/** The routes of the real server that a monitor posts to, in memory: `POST /havefun`, cancelling a reply, reports. */

import { type Fault, fault, parsePostMessage, type Result } from '@session-monitor/protocol';
import { HTTP_STATUS, refusalBody, retryAfterSeconds } from '@session-monitor/protocol/rules';
import type { FakeRuns } from './fake-runs.js';
import type { Refusals } from './refusals.js';

/** The part of `fetch` that a monitor uses; an app may use it like that, too. */
export type FakeFetch = (url: string, init?: RequestInit) => Promise<Response>;

export interface FetchDeps {
  readonly runs: FakeRuns;
  readonly refusals: Refusals;
  readonly carry: (arrive: () => void) => void;
  /** Whether requests reach the server. */
  readonly isUp: () => boolean;
}

export class FakeHttp {
  readonly #deps: FetchDeps;
  /** Requests that are not answered. */
  underWay = 0;
  /** Rejects the requests that are being carried. */
  readonly #giveUps = new Set<() => void>();

  constructor(deps: FetchDeps) {
    this.#deps = deps;
  }

  /** Rejects as `fetch` does: when the server is down, and when the request is aborted. */
  readonly fetch: FakeFetch = async (url, init = {}) => {
    this.underWay += 1;
    try {
      await this.#carried(init.signal);
      const answer = this.#answer(url, init);
      await this.#carried(init.signal);
      return answer;
    } finally {
      this.underWay -= 1;
    }
  };

  /** Fails the requests that are under way. */
  close(): void {
    for (const giveUp of this.#giveUps) giveUp();
  }

  #carried(signal: AbortSignal | null | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const abort = () => reject(signal?.reason);
      const giveUp = () => reject(new TypeError('fetch failed: the fake server is down'));
      if (signal?.aborted) return abort();
      signal?.addEventListener('abort', abort, { once: true });
      this.#giveUps.add(giveUp);
      this.#deps.carry(() => {
        signal?.removeEventListener('abort', abort);
        this.#giveUps.delete(giveUp);
        if (this.#deps.isUp()) resolve();
        else giveUp();
      });
    });
  }

  #answer(url: string, { method = 'GET', body }: RequestInit): Response {
    const { pathname } = new URL(url, 'http://localhost');
    if (method === 'POST' && pathname === '/havefun') return this.#ask(body);
    const cancel = /^\/threads\/([^/]+)\/runs\/([^/]+)\/cancel$/.exec(pathname);
    if (method === 'POST' && cancel?.[1] && cancel[2]) {
      return this.#cancel(decodeURIComponent(cancel[1]), decodeURIComponent(cancel[2]));
    }
    // It takes each report, and keeps none.
    if (method === 'POST' && REPORT.test(pathname)) return new Response(null, { status: 204 });
    const message = `The fake server has no ${method} ${pathname}.`;
    return json(404, refusalBody({ code: 'not_found', message }));
  }

  #ask(body: RequestInit['body']): Response {
    const { runs, refusals } = this.#deps;
    const parsed = parsePostMessage(parseJson(body));
    if (!parsed.ok) return refusal(parsed.fault);
    const reason = refusals.take('ask');
    if (reason) return refusal(reason);
    if (!parsed.value.use_websocket) return refusal(privateFault);
    const asked = runs.ask(parsed.value);
    if (!asked.ok) return refusal(asked.fault);
    // The reply comes with the thread's events, so this stream is empty.
    const headers = { 'content-type': 'text/event-stream', 'x-run-id': asked.value };
    return new Response('', { status: 200, headers });
  }

  #cancel(thread_id: string, run_id: string): Response {
    const cancelled: Result<void> = this.#deps.runs.cancel(thread_id, run_id);
    return cancelled.ok ? json(200, { run_id, status: 'cancelled' }) : refusal(cancelled.fault);
  }
}

const REPORT = /^\/sessions\/[^/]+\/report$/;

function parseJson(body: RequestInit['body']): unknown {
  try {
    return JSON.parse(String(body));
  } catch {
    return undefined;
  }
}

const privateFault = fault(
  'bad_request',
  'The fake server replies on the thread only: post with use_websocket: true, as a monitor does.',
  { field: 'use_websocket' },
);

function refusal(reason: Fault): Response {
  const { code, retry_after_ms: ms } = reason;
  const headers = ms === undefined ? undefined : { 'retry-after': `${retryAfterSeconds(ms)}` };
  return json(HTTP_STATUS[code], refusalBody(reason), headers);
}

const json = (status: number, body: object, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
