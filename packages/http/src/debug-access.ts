/** Decides who may look at connections and sessions, and limits how often an address may guess the key. */

import type { SessionServer } from '@session-monitor/server';
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
  readonly #failures = new RateLimiterMemory({ points: FAILURES_PER_MINUTE, duration: 60 });

  constructor({ internals }: SessionServer, policy: DebugPolicy) {
    this.#trace = internals.trace;
    this.#policy = policy;
  }

  get development(): boolean {
    return this.#policy.development;
  }

  /**
   * Resolves with `limited` for an address that has guessed too often: whether its key is right stays unsaid.
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
    if (presentedKey(facts, true) === undefined) return verdict;
    const address = peer ?? 'unknown';
    const failed = (await this.#failures.get(address))?.consumedPoints ?? 0;
    const isLimited = failed >= FAILURES_PER_MINUTE;
    if (verdict === 'granted' && !isLimited) return verdict;
    await this.#failures.penalty(address);
    const code = 'key_required';
    this.#trace('access_refused', { ...sourceOfRequest(request), action: 'debug', code });
    return isLimited && verdict !== 'hidden' && verdict !== 'proxied' ? 'limited' : verdict;
  }
}
