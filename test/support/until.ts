/** Waiting on conditions. */

const LOOK_EVERY_MS = 5;

/**
 * Resolves once `condition` holds (returns neither false nor undefined), with what it returned.
 * Rejects after `timeoutMs`, with `what` and the newest state in the message.
 */
export async function until<T>(
  what: string,
  condition: () => T | false | undefined | Promise<T | false | undefined>,
  { timeoutMs = 20_000, state }: { timeoutMs?: number; state?: () => unknown } = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== false && value !== undefined) return value;
    if (performance.now() > deadline) {
      const now = state ? `: ${JSON.stringify(await state())}` : '';
      throw new Error(`Waited ${timeoutMs} ms in vain: ${what}${now}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

export const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
