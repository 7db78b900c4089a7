/** Figures in words. */

const UNITS = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1_000 },
] as const;

/** A time span in its largest unit: `250 ms`, `4.2 s`, `31 min`. */
export function span(ms: number): string {
  const unit = UNITS.find((each) => ms >= each.ms);
  if (!unit) return `${Math.round(ms)} ms`;
  const count = ms / unit.ms;
  return `${count < 10 ? Math.round(count * 10) / 10 : Math.round(count)} ${unit.name}`;
}

/** To a tenth of a second, also of minutes: what is the same again and again is a setting. */
export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** `1 reply`, `3 replies`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** `14:31:48 UTC`. */
export const clockTime = (time: number): string =>
  `${new Date(time).toISOString().slice(11, 19)} UTC`;
