/** The other nodes, as the session trace asks them. */

/** A query of one node to another. */
export interface PeerQuery {
  readonly about: string;
}

export interface TracePeers {
  /** The other nodes that live, as the store has them now. */
  alive(): Promise<readonly string[]>;
  /** Resolves with the node's answer, or with undefined if none arrives in time, in milliseconds. */
  call(node: string, query: PeerQuery, answerMs?: number): Promise<unknown>;
  onCall(about: string, handler: (query: PeerQuery) => unknown): void;
}

/** For a single server. */
export const NO_PEERS: TracePeers = {
  alive: async () => [],
  call: async () => undefined,
  onCall: () => {},
};
