/** Waiting on time and on conditions. */

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

interface Waiting {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
  /** The newest state, for the error. */
  readonly state?: () => unknown;
}

/**
 * Resolves once `condition` holds (returns neither false nor undefined), with what it returned.
 * Rejects after `timeoutMs`, with `what` and the newest state in the message.
 */
export async function until<T>(
  what: string,
  condition: () => T | false | undefined | Promise<T | false | undefined>,
  { timeoutMs = 20_000, everyMs = 5, state }: Waiting = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== false && value !== undefined) return value;
    if (performance.now() > deadline) {
      const now = state ? `: ${JSON.stringify(await state())}` : '';
      throw new Error(`Waited ${timeoutMs} ms in vain: ${what}${now}`);
    }
    await pause(everyMs);
  }
}

/** A promise that the caller resolves: what is held until it is released. */
export function hold(): { readonly released: Promise<void>; readonly release: () => void } {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { released, release };
}

/** What `work` resolves with, or undefined if that takes longer than `ms`. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

export const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** The whole numbers from one to another, both included. */
export const range = (from: number, to: number): number[] =>
  times(to - from + 1, (index) => from + index);
