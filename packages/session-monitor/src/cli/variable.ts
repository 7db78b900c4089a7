/** The kinds of variables: what each may be, and how its text is read. */

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const MAX_MS = 365 * DAY_MS;

export interface Variable<T> {
  readonly fallback: T;
  readonly help: string;
  /** What is allowed, in words. */
  readonly allowed: string;
  /** The value, or undefined if the text is not allowed. */
  read(text: string): T | undefined;
  /** The value may hold a password: messages never show it. */
  readonly secret?: boolean;
}

export const text = (fallback: string, help: string, allowed = 'any text'): Variable<string> => ({
  fallback,
  help,
  allowed,
  read: (value) => value,
});

export const choice = <const T extends string>(
  fallback: T,
  help: string,
  values: readonly T[],
): Variable<T> => ({
  fallback,
  help,
  allowed: values.join(', '),
  read: (value) => values.find((each) => each === value),
});

export const whole = (
  fallback: number,
  min: number,
  max: number,
  help: string,
): Variable<number> => ({
  fallback,
  help,
  allowed: `a whole number from ${min} to ${max}`,
  read: (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    return number >= min && number <= max ? number : undefined;
  },
});

export const list = (help: string, allowed: string, item: RegExp): Variable<readonly string[]> => ({
  fallback: [],
  help,
  allowed,
  read: (value) => {
    const items = value.split(',').map((each) => each.trim());
    return items.every((each) => item.test(each)) ? items : undefined;
  },
});
