/** What the page may know of the server that it talks to: how to kill it, and what happens then. */

export interface ServerFacts {
  /** Its process; null for a page on another machine. */
  readonly pid: number | null;
  /** The command that starts it again; null if that is not known. */
  readonly start: string | null;
  /** Whether other servers share its conversations: they take over. */
  readonly shared: boolean;
}

/** The server's answer, or what there is to say without one. */
export async function askServerFacts(send: typeof fetch): Promise<ServerFacts | null> {
  try {
    const { pid, start, shared } = (await (await send('demo.json')).json()) as Partial<
      Record<keyof ServerFacts, unknown>
    >;
    return {
      pid: typeof pid === 'number' ? pid : null,
      start: typeof start === 'string' ? start : null,
      shared: shared === true,
    };
  } catch {
    return null;
  }
}
