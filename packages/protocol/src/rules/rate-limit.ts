/**
 * What an answer over HTTP says of the limit that has refused a request: the header fields of
 * draft-ietf-httpapi-ratelimit-headers (of version 8 and later), and `Retry-After`.
 */

import { retryAfterSeconds } from './http-status.js';

/** A limit, as a client may want to know it. */
export interface LimitPolicy {
  /** The name of its setting. */
  readonly name: string;
  /** So much may come within the window, or at a time. */
  readonly quota: number;
  /** Undefined for what may be under way at a time. */
  readonly windowS?: number;
  readonly unit?: 'content-bytes' | 'concurrent-requests';
}

/** The header fields of a refusal. */
export function refusalHeaders(
  policy: LimitPolicy,
  retry_after_ms: number,
): Readonly<Record<string, string>> {
  const { name, quota, windowS, unit } = policy;
  const seconds = retryAfterSeconds(retry_after_ms);
  const window = windowS === undefined ? '' : `;w=${windowS}`;
  const units = unit === undefined ? '' : `;qu="${unit}"`;
  return {
    'retry-after': `${seconds}`,
    'ratelimit-policy': `"${name}";q=${quota}${units}${window}`,
    ratelimit: `"${name}";r=0;t=${seconds}`,
  };
}
