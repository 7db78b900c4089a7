/** Figures and times as the page shows them. */

const UNITS = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1_000 },
] as const;

/** Something that is not known. */
export const NONE = '–';

/** A duration in its largest unit: `250 ms`, `4.2 s`, `31 min`. */
export function duration(ms: number): string {
  const unit = UNITS.find((each) => ms >= each.ms);
  if (!unit) return `${Math.max(0, Math.round(ms))} ms`;
  return `${short(ms / unit.ms)} ${unit.name}`;
}

/** How long ago something was: `now`, `12 s`, `3 h`. Clocks of servers and pages differ a little. */
export const age = (at: number, now: number): string =>
  now - at < 1_000 ? 'now' : duration(Math.floor((now - at) / 1_000) * 1_000);

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

export function bytes(count: number): string {
  let size = 0;
  let rest = count;
  while (rest >= 1_000 && size < SIZES.length - 1) {
    rest /= 1_000;
    size += 1;
  }
  return `${size === 0 ? Math.round(rest) : short(rest)} ${SIZES[size]}`;
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** `20,000`. */
export const number = (value: number): string => whole.format(value);

/** A rate: with a tenth where that tells something. */
export const rate = (value: number): string =>
  value > 0 && value < 10 ? tenths.format(value) : whole.format(value);

/** `1 reply`, `3 replies`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : many}`;

const short = (value: number): string => tenths.format(value < 10 ? value : Math.round(value));

/** The time of day, with tenths of a second: steps of a trace are close together. */
export const clockTime = (at: number): string => {
  const time = new Date(at);
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${Math.floor(time.getMilliseconds() / 100)}`;
};

/** Date and time, for titles and details. */
export const fullTime = (at: number): string => {
  const time = new Date(at);
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
};

const two = (value: number): string => String(value).padStart(2, '0');
