/** The refusal of what goes beyond a limit, with what HTTP says of that limit. */

import { type Fault, fault } from '@session-monitor/protocol';
import type { LimitPolicy } from '@session-monitor/protocol/rules';

const POLICIES = new WeakMap<object, LimitPolicy>();

export function limitFault(policy: LimitPolicy, message: string, retry_after_ms: number): Fault {
  const refusal = fault('limit_reached', message, { retry_after_ms });
  POLICIES.set(refusal, policy);
  return refusal;
}

/** The limit that a refusal is of, for the header fields of an answer. */
export const policyOf = (refusal: object): LimitPolicy | undefined => POLICIES.get(refusal);
