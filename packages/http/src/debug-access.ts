/** Decides who may look at connections and sessions, and limits how often an address may guess the key. */

import { fault } from '@session-monitor/protocol';
import type { SessionServer } from '@session-monitor/server';
import { clientAddress, networkOf, proxiedFault } from '@session-monitor/server/internal';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { notFoundFault, sendFault } from './answer.js';
import { type Exchange, sourceOfRequest } from './exchange.js';
import {
  type DebugPolicy,
  type DebugRequest,
  type DebugVerdict,
  judgeDebugAccess,
  type KeyNeed,
  presentedKey,
} from './gate.js';

/** Wrong keys that one address may present within a minute. */
const FAILURES_PER_MINUTE = 10;

/** One for all routes: each of them tells a right key from a wrong one. */
export class DebugAccess {
  readonly #trace: SessionServer['internals']['trace'];
  readonly #policy: DebugPolicy;
  readonly #addresses: SessionServer['internals']['endpoint']['addresses'];
  readonly #failures = new RateLimiterMemory({ points: FAILURES_PER_MINUTE, duration: 60 });

  constructor({ internals }: SessionServer, policy: DebugPolicy) {
    this.#trace = internals.trace;
    this.#policy = policy;
    this.#addresses = internals.endpoint.addresses;
  }

  /** Whether the request is let in; answers it if not. */
  async admits(exchange: Exchange, need: KeyNeed): Promise<boolean> {
    const { response } = exchange;
    const verdict = await this.judge(exchange, need);
    if (verdict === 'granted') return true;
    if (verdict === 'proxied') sendFault(response, proxiedFault);
    else if (verdict === 'hidden' || !this.#policy.development) sendFault(response, notFoundFault);
    else sendFault(response, verdict === 'limited' ? tooManyFault : keyFault);
    return false;
  }

  /**
   * Resolves with `limited` for an address that has guessed too often. The right key is let in all the same: many share
   * an address with one that guesses, and no guess comes near a strong key.
   */
  async judge(
    { request, query, params }: Pick<Exchange, 'request' | 'query' | 'params'>,
    need: KeyNeed,
  ): Promise<DebugVerdict | 'limited'> {
    const peer = request.socket.remoteAddress;
    const facts: DebugRequest = { peer, headers: request.headers, api_key: query.api_key };
    const verdict = judgeDebugAccess(facts, this.#policy, need);
    if (verdict === 'granted' || presentedKey(facts, true) === undefined) return verdict;
    const address = clientAddress(request, this.#addresses);
    const { consumedPoints } = await this.#failures.penalty(networkOf(address));
    // Its path may name a thread, whose lines go with it.
    const { thread_id } = params;
    const source = { ...sourceOfRequest(request), address, thread_id };
    this.#trace('access_refused', { ...source, action: 'debug', code: 'key_required' });
    const isLimited = consumedPoints > FAILURES_PER_MINUTE;
    return isLimited && verdict === 'key_required' ? 'limited' : verdict;
  }
}

const keyFault = {
  code: 'key_required',
  message:
    'A key is needed: ?api_key=debug_websocket_key in development, or that of DEBUG_API_KEY.',
} as const;

const tooManyFault = fault('limit_reached', 'Too many wrong keys. Try again in a minute.', {
  retry_after_ms: 60_000,
});
