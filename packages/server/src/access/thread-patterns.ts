/** Which threads a user may use, by patterns. Pure. */

/** In a pattern: any text. */
const ANY = '*';
/** In a pattern: the user's id. */
const USER = '{user}';

/** Ids that cannot be taken for more than a user: with a colon in it, `alice:team` would have a thread of `alice`. */
const PLAIN_USER = /^[\w.-]+$/;

/**
 * Whether a thread matches one of the patterns: `{user}:*`, `team-7`. A `{user}` stands for ids of letters, digits,
 * underscores, dots and hyphens only; another user matches no pattern with it.
 */
export const matchesAny = (
  patterns: readonly string[],
  thread_id: string,
  user_id: string,
): boolean => patterns.some((pattern) => matches(pattern, thread_id, user_id));

function matches(pattern: string, thread_id: string, user_id: string): boolean {
  if (pattern.includes(USER) && !PLAIN_USER.test(user_id)) return false;
  const [first = '', ...rest] = pattern.replaceAll(USER, user_id).split(ANY);
  if (rest.length === 0) return thread_id === first;
  if (!thread_id.startsWith(first)) return false;
  const last = rest.pop() ?? '';
  let at = first.length;
  for (const part of rest) {
    const found = thread_id.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return thread_id.length - last.length >= at && thread_id.endsWith(last);
}
