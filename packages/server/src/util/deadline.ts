import type { Clock } from './clock.js';

/** Resolves as the promise does, or rejects with `late()` after so many milliseconds. */
export function within<T>(
  promise: PromiseLike<T>,
  ms: number,
  clock: Pick<Clock, 'after'>,
  late: () => Error,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(late()));
    promise.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
