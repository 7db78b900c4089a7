/** Gets the app's token: within a limited time, and once at a time, as a second refresh may void the first. */

import type { Environment } from '../platform/environment.js';
import type { SessionMonitorOptions } from './options.js';

/** A slow identity provider answers in a second or two. */
const TOKEN_TIMEOUT_MS = 10_000;

export class TokenSource {
  readonly #token: SessionMonitorOptions['token'];
  readonly #after: Environment['after'];
  /** The newest one of a function, for what must not show it. */
  newest = '';
  #pending: Promise<string | null> | undefined;
  #giveUp = () => {};
  /** Just renewed, for the next that asks. */
  #fresh: string | null | undefined;

  constructor(token: SessionMonitorOptions['token'], after: Environment['after']) {
    this.#token = token;
    this.#after = after;
  }

  /** Whether the app is asked for one at this moment. */
  get isPending(): boolean {
    return this.#pending !== undefined;
  }

  /** Null for none. Rejects with an Error, in words for the app's developer, if the app gives none in time. */
  get(): Promise<string | null> {
    const token = this.#token;
    if (this.#fresh !== undefined) return Promise.resolve(this.#fresh);
    if (typeof token !== 'function') return Promise.resolve(token ?? null);
    if (this.#pending) return this.#pending;
    const asked = this.#ask(token).finally(() => {
      if (this.#pending === asked) this.#pending = undefined;
    });
    this.#pending = asked;
    return asked;
  }

  /** Asks the app for a token, and gives it to what `use` asks for. Rejects as `get` does. */
  async renew(use: () => void): Promise<void> {
    this.#fresh = await this.get();
    use();
    this.#fresh = undefined;
  }

  /** Stops waiting for the app's token. */
  stop(): void {
    this.#giveUp();
    this.#pending = undefined;
  }

  #ask(token: () => unknown): Promise<string | null> {
    return new Promise<string | null>((resolve, reject) => {
      const refuse = (why: string) => reject(new Error(`The option 'token' ${why}`));
      const cancel = this.#after(TOKEN_TIMEOUT_MS, () => refuse('has not answered within 10 s.'));
      this.#giveUp = () => {
        cancel();
        refuse('is not wanted any more.');
      };
      new Promise((answer) => answer(token()))
        .then((value) => {
          if (typeof value === 'string') {
            this.newest = value;
            resolve(value);
          } else if (value === undefined || value === null) resolve(null);
          else refuse(`gave a value of the type ${typeof value}, not a string.`);
        })
        .catch((error: unknown) => refuse(`failed: ${String(error)}`))
        .finally(cancel);
    });
  }
}
