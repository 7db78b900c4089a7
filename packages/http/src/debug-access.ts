/** Decides who may look at connections and sessions, and limits how often an address may guess the key. */

import type { SessionServer } from '@session-monitor/server';
import { clientAddress, networkOf } from '@session-monitor/server/internal';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { type Exchange, sourceOfRequest } from './exchange.js';
import {
  type DebugPolicy,
  type DebugRequest,
  type DebugVerdict,
  judgeDebugAccess,
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

  get development(): boolean {
    return this.#policy.development;
  }

  /**
   * Resolves with `limited` for an address that has guessed too often. The right key is let in all the same: many share
   * an address with one that guesses, and no guess comes near a strong key.
   *
   * @param needsKey whether the route asks for a key in development, too
   */
  async judge(
    { request, query }: Pick<Exchange, 'request' | 'query'>,
    needsKey: boolean,
  ): Promise<DebugVerdict | 'limited'> {
    const peer = request.socket.remoteAddress;
    const facts: DebugRequest = { peer, headers: request.headers, api_key: query.api_key };
    const verdict = judgeDebugAccess(facts, this.#policy, needsKey);
    if (verdict === 'granted' || presentedKey(facts, true) === undefined) return verdict;
    const address = clientAddress(request, this.#addresses);
    const { consumedPoints } = await this.#failures.penalty(networkOf(address));
    const source = { ...sourceOfRequest(request), address };
    this.#trace('access_refused', { ...source, action: 'debug', code: 'key_required' });
    const isLimited = consumedPoints > FAILURES_PER_MINUTE;
    return isLimited && verdict === 'key_required' ? 'limited' : verdict;
  }
}
