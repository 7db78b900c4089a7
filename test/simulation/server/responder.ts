/** Produces replies by a script in the question. */

import type { Part, Responder } from '../../../packages/server/src/responders/responder.js';
import type { ProcessClock } from '../time/process-clock.js';

export interface Script {
  readonly parts: number;
  readonly everyMs: number;
  /** How it ends; a deaf one ignores its abort signal. */
  readonly ends: 'well' | 'throwing' | 'deaf';
}

export const scriptedResponder = (clock: ProcessClock): Responder =>
  async function* respond({ user_input }, { signal }) {
    const { parts, everyMs, ends }: Script = JSON.parse(user_input);
    for (let index = 1; index <= parts; index += 1) {
      await clock.sleep(everyMs);
      if (signal.aborted && ends !== 'deaf') return;
      const part: Part = { type: 'message', index, delta: 'word' };
      yield part;
    }
    if (ends === 'throwing') throw new Error('The model is out of order');
  };
