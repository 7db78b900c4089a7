/** A duration in words, for people. */
export function describeMs(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes >= 1 ? `${minutes} min` : `${Math.round(ms / 1_000)} s`;
}
