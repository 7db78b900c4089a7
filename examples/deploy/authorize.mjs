/**
 * Asks the application's backend, which knows its users: a GET with the caller's bearer token, and with `action` and
 * `thread_id` in the query. The backend answers 200 with `{ "user_id": "…" }`, or 401 or 403.
 *
 * @type {import('@session-monitor/server').Authorize}
 */
export default async ({ action, thread_id, token }) => {
  const url = new URL(process.env.BACKEND_URL);
  url.search = new URLSearchParams({ action, thread_id: thread_id ?? '' });
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token ?? ''}` },
    signal: AbortSignal.timeout(3_000),
  });
  // The client fetches another token after 401, and stops after 403.
  if (response.status === 401) return { denied: 'unauthenticated' };
  if (response.status === 403) return { denied: 'forbidden' };
  // What is thrown is an outage: clients try again.
  if (!response.ok) throw new Error(`The backend answered ${response.status}`);
  const { user_id } = await response.json();
  return { user_id };
};
