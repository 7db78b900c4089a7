/** The kinds of faults, as a plan names them. Times are milliseconds since the run began. */

/** A fault between clients and server. */
export interface NetworkFault {
  readonly at: number;
  readonly kind: NetworkFaultKind;
  /** Its duration; a cut is over at once. */
  readonly ms: number;
  /** The share of the connections, or proxies, that it hits. */
  readonly share: number;
}

export const NETWORK_FAULT_KINDS = [
  /** FIN on both sides. */
  'cut',
  /** RST on both sides. */
  'reset',
  /** Nothing moves, and arrives late. */
  'stall',
  /** Bytes arrive in tiny pieces. */
  'slice',
  /** Bytes arrive late. */
  'delay',
  /** The proxy swallows the clients' bytes; they still hear the server. */
  'swallow_up',
  /** The proxy swallows the server's bytes; it still hears the clients. */
  'swallow_down',
] as const;
export type NetworkFaultKind = (typeof NETWORK_FAULT_KINDS)[number];

/** A fault of the server's process, or of a cluster's. They happen one after another. */
export interface ServerFault<Kind extends string = ServerFaultKind> {
  readonly at: number;
  readonly kind: Kind;
  /** The duration of faults that have one. */
  readonly ms: number;
  /** For `clock`: how far the wall clock is off from then on. */
  readonly shiftMs: number;
}

export const SERVER_FAULT_KINDS = [
  /** SIGKILL, then a new start. */
  'kill',
  /** SIGSTOP, then SIGCONT. */
  'stop',
  /** SIGTERM, then a new start. */
  'drain',
  /** The disk is full: the server stops by itself. Then there is space again, and a new start. */
  'disk_full',
  /** A flush fails: the server stops by itself. */
  'eio',
  /** Each flush takes long. */
  'slow_disk',
  /** The wall clock jumps, forwards or backwards. */
  'clock',
] as const;
export type ServerFaultKind = (typeof SERVER_FAULT_KINDS)[number];

const CLUSTER_FAULT_KINDS = [
  /** SIGKILL of a node, then a new start. */
  'node_kill',
  /** SIGSTOP of a node, then SIGCONT. */
  'node_stop',
  /** SIGTERM of a node, then a new start. */
  'node_drain',
  /** SIGKILL of Redis, then a new start on its data. */
  'redis_kill',
  /** SIGSTOP of Redis, then SIGCONT. */
  'redis_stop',
  /** SIGKILL of Redis; its replica takes over, and gets a new replica. */
  'failover',
] as const;
export type ClusterFaultKind = (typeof CLUSTER_FAULT_KINDS)[number];

/** A fault of a process with clients in it. */
export interface ClientFault {
  readonly at: number;
  readonly kind: 'freeze' | 'clock';
  /** Which of the processes, as a share of their number. */
  readonly which: number;
  readonly ms: number;
  readonly shiftMs: number;
}

export interface Plan<Kind extends string = ServerFaultKind> {
  readonly durationMs: number;
  readonly network: readonly NetworkFault[];
  readonly server: readonly ServerFault<Kind>[];
  readonly clients: readonly ClientFault[];
}
