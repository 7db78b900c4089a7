/** A session trace as the server answers it, and as a file has it. Times are milliseconds since 1970. */

type TraceValue = string | number | boolean | null | undefined;

export interface TraceLine {
  /** By the clock of its node. */
  readonly time: number;
  readonly seq: number;
  readonly node: string;
  readonly started_at: number;
  readonly step: string;
  readonly [field: string]: TraceValue;
}

interface TracedNode {
  readonly node: string;
  /** How far its clock is ahead of the server that was asked. */
  readonly clock_offset_ms: number;
  readonly kept: string;
  readonly stopped: { readonly code: string; readonly at: number } | null;
  readonly dropped: number;
}

export interface Trace {
  readonly node: string;
  readonly time: number;
  readonly nodes: readonly TracedNode[];
  readonly missing: readonly { readonly node: string; readonly reason: string }[];
  /** The `before` of the page with older lines; null at the beginning. */
  readonly next: number | null;
  /** Oldest first. */
  readonly lines: readonly TraceLine[];
  /** What the client has sent last, if it has; absent from a server of an earlier version. */
  readonly client?: ClientReport | null;
}

/** The client wrote it: its texts are shown as texts. */
export interface ClientReport {
  readonly node: string;
  /** By the clock of that node. */
  readonly received_at: number;
  readonly note: string | null;
  readonly requested: boolean;
  readonly diagnostics: Readonly<Record<string, unknown>>;
}

/** A field that is a text; empty without it. */
export const textOf = (line: TraceLine, field: string): string => {
  const value = line[field];
  return value === undefined || value === null ? '' : String(value);
};

/** A field that is a number; undefined without it. */
export const numberOf = (line: TraceLine, field: string): number | undefined => {
  const value = line[field];
  return typeof value === 'number' ? value : undefined;
};

/** The times of the lines by the clock of the server that was asked. */
export function commonTimes({ nodes, lines }: Pick<Trace, 'nodes' | 'lines'>): readonly number[] {
  const offsets = new Map(nodes.map(({ node, clock_offset_ms }) => [node, clock_offset_ms]));
  return lines.map(({ time, node }) => time - (offsets.get(node) ?? 0));
}
