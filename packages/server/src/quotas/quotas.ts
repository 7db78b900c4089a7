/**
 * What one user may do: the one that `authorize` names, else the address, since a client may claim any user. Each node
 * decides at once, by its own budgets; on a shared store those of all nodes are added up.
 */

import type { Fault } from '@session-monitor/protocol';
import type { LimitPolicy } from '@session-monitor/protocol/rules';
import {
  type AddressedRequest,
  type AddressPolicy,
  countedNetwork,
} from '../access/client-address.js';
import type { ServerLimits } from '../limits.js';
import { limitFault } from '../observe/limit-fault.js';
import type { HitFields, LimitHits } from '../observe/limit-hits.js';
import type { RateStore } from '../stores/store.js';
import type { Clock } from '../util/clock.js';
import { KeyedRate } from '../util/keyed-rate.js';
import { SharedSpending } from './shared-spending.js';

/** Limits of what comes over time. */
export type RateName =
  | 'registrationsPerSecond'
  | 'sessionsPerUser'
  | 'resumesPerMinute'
  | 'eventsPerSecond'
  | 'eventBytesPerSecond';

/** Whom something is counted for. */
export interface Spender {
  readonly key: string;
  /** As the trace names it. */
  readonly fields: HitFields;
}

export interface QuotasDeps {
  readonly limits: Pick<ServerLimits, RateName | 'streamsPerUser'>;
  readonly sessionTtlMs: number;
  readonly hits: LimitHits;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly addresses: AddressPolicy;
  /** Of a store that several nodes have open. */
  readonly rates?: RateStore | undefined;
}

interface RateRule {
  /** So much may come at once, and again in each such time. */
  readonly windowS: number;
  /** How much of that the setting names. */
  readonly settingS: number;
  readonly unit?: 'content-bytes';
  readonly what: string;
}

const RULES: Readonly<Record<Exclude<RateName, 'sessionsPerUser'>, RateRule>> = {
  // Pages that come back register all their threads; an office behind one address has many.
  registrationsPerSecond: { windowS: 20, settingS: 1, what: 'registrations' },
  // The same pages resume them.
  resumesPerMinute: { windowS: 60, settingS: 60, what: 'requests to replay a thread' },
  eventsPerSecond: { windowS: 5, settingS: 1, what: 'events' },
  eventBytesPerSecond: {
    windowS: 5,
    settingS: 1,
    unit: 'content-bytes',
    what: 'bytes of events',
  },
};

/** A stream ends when its reader leaves. */
const RETRY_STREAM_MS = 5_000;

interface Budget {
  readonly policy: LimitPolicy & { readonly windowS: number };
  readonly rate: KeyedRate;
  readonly what: string;
}

export class Quotas {
  readonly #deps: QuotasDeps;
  readonly #shared: SharedSpending | undefined;
  readonly #budgets: Readonly<Record<RateName, Budget>>;
  /** Open streams by spender. */
  readonly #streams = new Map<string, number>();

  constructor(deps: QuotasDeps) {
    const { rates, clock, limits, sessionTtlMs } = deps;
    this.#deps = deps;
    this.#shared = rates && new SharedSpending({ rates, clock });
    const sessionS = Math.max(1, Math.ceil(sessionTtlMs / 1_000));
    // A session lives that long after its client has left.
    const sessions = { windowS: sessionS, settingS: sessionS, what: 'sessions' };
    const budget = (name: RateName, { windowS, settingS, unit, what }: RateRule): Budget => {
      const perSecond = limits[name] / settingS;
      const policy = { name, quota: perSecond * windowS, windowS, ...(unit && { unit }) };
      return { policy, what, rate: new KeyedRate({ perSecond, burstS: windowS, clock }) };
    };
    this.#budgets = {
      registrationsPerSecond: budget('registrationsPerSecond', RULES.registrationsPerSecond),
      sessionsPerUser: budget('sessionsPerUser', sessions),
      resumesPerMinute: budget('resumesPerMinute', RULES.resumesPerMinute),
      eventsPerSecond: budget('eventsPerSecond', RULES.eventsPerSecond),
      eventBytesPerSecond: budget('eventBytesPerSecond', RULES.eventBytesPerSecond),
    };
  }

  /**
   * @param owner the user as `authorize` names it
   * @returns undefined for a program of this machine in development, which is not counted
   */
  spenderOf(owner: string | null, request: AddressedRequest): Spender | undefined {
    const address = countedNetwork(request, this.#deps.addresses);
    if (address === undefined) return undefined;
    return owner === null
      ? { key: `address ${address}`, fields: { address } }
      : { key: `user ${owner}`, fields: { user_id: owner } };
  }

  /** Takes an amount of a spender's budget. Returns the refusal if there is nothing of it left. */
  take(name: RateName, spender: Spender | undefined, amount = 1): Fault | undefined {
    const { policy, rate, what } = this.#budgets[name];
    if (!spender || policy.quota === Number.POSITIVE_INFINITY) return undefined;
    const { key } = spender;
    const waitMs = this.#shared?.waitMs(policy, key) || rate.take(key, amount);
    if (waitMs === 0) {
      this.#shared?.add(policy, key, amount);
      return undefined;
    }
    this.#deps.hits.add(name, spender.fields);
    return limitFault(policy, `Too many ${what} of this user. ${AGAIN}`, waitMs);
  }

  /** Returns what counts an event that a spender publishes, and returns the refusal of one too many. */
  admitting(spender: Spender | undefined): (bytes: number) => Fault | undefined {
    return (bytes) =>
      this.take('eventsPerSecond', spender) ?? this.take('eventBytesPerSecond', spender, bytes);
  }

  /** Counts a stream until it is closed: the function that is returned says so. */
  openStream(spender: Spender | undefined): (() => void) | Fault {
    if (!spender) return () => {};
    const { limits, hits } = this.#deps;
    const { key, fields } = spender;
    const name = 'streamsPerUser';
    const open = this.#streams.get(key) ?? 0;
    if (open >= limits[name]) {
      hits.add(name, fields);
      const policy = { name, quota: limits[name], unit: 'concurrent-requests' } as const;
      return limitFault(policy, `Too many open streams of this user. ${AGAIN}`, RETRY_STREAM_MS);
    }
    this.#streams.set(key, open + 1);
    return () => {
      const left = (this.#streams.get(key) ?? 0) - 1;
      if (left > 0) this.#streams.set(key, left);
      else this.#streams.delete(key);
    };
  }

  stop(): void {
    this.#shared?.stop();
  }
}

const AGAIN = 'Try again after the given time.';
