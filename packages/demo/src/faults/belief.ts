/** What the server takes this page for: its own view of the session, as its debug URL shows it. */

export interface Belief {
  /** The last offset that it knows to have arrived. */
  readonly offset: number;
  readonly sent: number | null;
  readonly head: number;
  readonly waiting: string | null;
}

/** Null where the debug URLs are not open to this page, or the server cannot be asked. */
export async function askBelief(
  send: typeof fetch,
  thread_id: string,
  session_id: string,
): Promise<Belief | null> {
  try {
    const query = `thread_id=${encodeURIComponent(thread_id)}`;
    const response = await send(`debug/thread-sessions?${query}`);
    if (!response.ok) return null;
    const { active_sessions } = (await response.json()) as {
      active_sessions?: readonly (Belief & { readonly session_id: string })[];
    };
    return active_sessions?.find((session) => session.session_id === session_id) ?? null;
  } catch {
    return null;
  }
}
