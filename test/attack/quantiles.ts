/** Where a share of the values ends: 0.5 is the median, 1 the largest. 0 if there are no values. */
export function quantiles(values: readonly number[]): (share: number) => number {
  const sorted = [...values].sort((a, b) => a - b);
  const last = sorted.length - 1;
  return (share) => sorted[Math.min(last, Math.floor(sorted.length * share))] ?? 0;
}
