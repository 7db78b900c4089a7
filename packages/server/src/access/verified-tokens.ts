/**
 * Remembers for a while which tokens were valid: a client presents the same one with every event, and to verify a
 * signature takes a turn of a thread pool, and one more of the event loop.
 */

/** Reads the claims of a token. Rejects for one that is not valid. */
export type Verify<Claims> = (token: string) => Promise<Claims>;

const KEPT_MS = 60_000;
const MAX_TOKENS = 1_000;

/**
 * The same, with an answer from memory where there is one. Nothing is remembered of a token that is not valid.
 *
 * @param keys which keys are known: when it changes, all is forgotten
 */
export function rememberValid<Claims extends { readonly exp?: number }>(
  verify: Verify<Claims>,
  { wall, keys }: { readonly wall: () => number; readonly keys: () => unknown },
): Verify<Claims> {
  const valid = new Map<string, { readonly claims: Claims; readonly until: number }>();
  let knownKeys = keys();
  return async (token) => {
    const now = wall();
    const present = keys();
    if (present !== knownKeys) valid.clear();
    knownKeys = present;
    const known = valid.get(token);
    if (known && now < known.until) return known.claims;
    valid.delete(token);
    const claims = await verify(token);
    const [oldest] = valid.keys();
    if (valid.size >= MAX_TOKENS && oldest !== undefined) valid.delete(oldest);
    valid.set(token, { claims, until: Math.min(now + KEPT_MS, (claims.exp ?? 0) * 1_000) });
    return claims;
  };
}
