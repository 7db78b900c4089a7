/** Why the page has no answer: each kind asks for something else of the operator. */

export type Problem =
  /** The server asks for a key, or does not take the one that it was given. */
  | { readonly kind: 'gate'; readonly message: string }
  /** No answer at all. */
  | { readonly kind: 'gone'; readonly message: string }
  /** There is nothing under this address: a session that has expired, or a route that this server does not have. */
  | { readonly kind: 'missing'; readonly message: string }
  /** The caller may not do that. */
  | { readonly kind: 'forbidden'; readonly message: string }
  /** The server refuses this request, and says why. */
  | { readonly kind: 'refused'; readonly message: string; readonly retryAfterMs: number | null }
  /** The server cannot answer at the moment. */
  | { readonly kind: 'failed'; readonly message: string };

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem };

const GATE = 'This server shows its sessions to those with its key.';

/**
 * @param body the answer's text
 * @param hasKey whether the request had a key
 */
export function problemOf(
  status: number,
  body: string,
  retryAfter: string | null,
  hasKey: boolean,
): Problem {
  const { code, message } = errorIn(body);
  const said = message ?? `The server answered ${status}.`;
  if (status === 401) return { kind: 'gate', message: said };
  // What is hidden looks like what is not there.
  if (status === 404 && code === 'not_found') {
    return { kind: 'gate', message: hasKey ? 'The server does not take this key.' : GATE };
  }
  if (status === 404) return { kind: 'missing', message: said };
  if (status === 403) return { kind: 'forbidden', message: said };
  if (status >= 500) return { kind: 'failed', message: said };
  const seconds = Number(retryAfter);
  const retryAfterMs = retryAfter === null || Number.isNaN(seconds) ? null : seconds * 1_000;
  return { kind: 'refused', message: said, retryAfterMs };
}

function errorIn(body: string): { readonly code?: string; readonly message?: string } {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: string; message?: string } };
    return error ?? {};
  } catch {
    return {};
  }
}
