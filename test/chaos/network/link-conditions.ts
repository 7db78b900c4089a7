/** How a proxy treats bytes. All connections of the proxy share it, and it changes while they live. */

export type Direction = 'up' | 'down';

export interface LinkConditions {
  stalled: boolean;
  delayMs: number;
  /** Bytes are passed on in pieces of at most this size, one every `sliceEveryMs`; 0 for as they come. */
  sliceBytes: number;
  sliceEveryMs: number;
  /** Connections opened now are deaf in this direction until they end. */
  deafness: Direction | undefined;
}

export const steadyConditions = (): LinkConditions => ({
  stalled: false,
  delayMs: 0,
  sliceBytes: 0,
  sliceEveryMs: 0,
  deafness: undefined,
});
