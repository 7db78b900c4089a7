/** How many reports a session may send, and an address: each is read, written and kept. */

import type { Fault } from '@session-monitor/protocol';
import {
  type AddressedRequest,
  type AddressPolicy,
  countedNetwork,
} from '../access/client-address.js';
import type { ServerLimits } from '../limits.js';
import { limitFault } from '../observe/limit-fault.js';
import type { HitFields, LimitHits } from '../observe/limit-hits.js';
import type { Clock } from '../util/clock.js';
import { KeyedRate } from '../util/keyed-rate.js';

const NAME = 'reportsPerMinute';
const WINDOW_S = 60;
/** An office behind one address meets the same outage. */
const SESSIONS_PER_ADDRESS = 10;

export interface ReportQuotaDeps {
  readonly limits: Pick<ServerLimits, typeof NAME>;
  readonly hits: LimitHits;
  readonly clock: Pick<Clock, 'now'>;
  readonly addresses: AddressPolicy;
}

export class ReportQuota {
  readonly #deps: ReportQuotaDeps;
  readonly #bySession: Budget;
  readonly #byAddress: Budget;

  constructor(deps: ReportQuotaDeps) {
    const { limits, clock } = deps;
    this.#deps = deps;
    this.#bySession = new Budget(limits[NAME], clock);
    this.#byAddress = new Budget(limits[NAME] * SESSIONS_PER_ADDRESS, clock);
  }

  /**
   * Counts for the address of a request, before its session is known. Returns the refusal of one too many; never one for a
   * program of this machine in development.
   */
  ofAddress(request: AddressedRequest): Fault | undefined {
    const address = countedNetwork(request, this.#deps.addresses);
    return address === undefined ? undefined : this.#take(this.#byAddress, address, { address });
  }

  /** The same for a session that the request may speak for. */
  ofSession(request: AddressedRequest, session_id: string): Fault | undefined {
    const address = countedNetwork(request, this.#deps.addresses);
    if (address === undefined) return undefined;
    return this.#take(this.#bySession, session_id, { address });
  }

  #take({ quota, rate }: Budget, key: string, fields: HitFields): Fault | undefined {
    const waitMs = rate.take(key);
    if (waitMs === 0) return undefined;
    this.#deps.hits.add(NAME, fields);
    const policy = { name: NAME, quota, windowS: WINDOW_S };
    return limitFault(policy, 'Too many reports. Try again after the given time.', waitMs);
  }
}

/** So many may come at once, and again in each minute. */
class Budget {
  readonly quota: number;
  readonly rate: KeyedRate;

  constructor(perMinute: number, clock: Pick<Clock, 'now'>) {
    this.quota = perMinute;
    this.rate = new KeyedRate({ perSecond: perMinute / WINDOW_S, burstS: WINDOW_S, clock });
  }
}
