/** How a way treats what passes through; shared by all connections of a proxy, and changed while they live. */

export type Direction = 'up' | 'down';

export interface LinkConditions {
  stalled: boolean;
  delayMs: number;
  /** Bytes are handed on in pieces of at most this size, one every `sliceEveryMs`; 0 for as they come. */
  sliceBytes: number;
  sliceEveryMs: number;
  /** Connections that are opened now are deaf in this direction, for good. */
  deafness: Direction | undefined;
}

export const steadyConditions = (): LinkConditions => ({
  stalled: false,
  delayMs: 0,
  sliceBytes: 0,
  sliceEveryMs: 0,
  deafness: undefined,
});
