/** What every flood must leave alone. */

/** The healthy user's p99 is at most twice its base, and a peer takes at most a megabyte. */
export const CALM = { ratio: 2, mbPerPeer: 1 } as const;
