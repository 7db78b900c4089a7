/** Types for programs that start a cluster from TypeScript. */

export interface ClusterOptions {
  readonly nodes?: number;
  readonly port?: number;
  readonly redisUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly say?: (line: string) => void;
}

export interface ClusterNode {
  readonly name: string;
  readonly url: string;
  readonly pid: number | undefined;
  start(): Promise<void>;
  stop(): Promise<number | null>;
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export interface Cluster {
  readonly url: string;
  readonly nodes: readonly ClusterNode[];
  readonly folder: string;
  close(): Promise<void>;
}

export function startCluster(options?: ClusterOptions): Promise<Cluster>;
