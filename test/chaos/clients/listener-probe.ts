/** What the socket's own listeners are given: an app that knows nothing of monitors. */

import type { Socket } from 'socket.io-client';

const EVENTS = [
  'word',
  'run_started',
  'analysis_update',
  'knowledge',
  'next_action',
  'message',
  'run_finished',
] as const;

const NOTHING = Symbol('nothing');

export class ListenerProbe {
  #heard: unknown = NOTHING;
  /** Events that were given while another had not been taken: given twice. */
  #unasked = 0;

  constructor(socket: Socket) {
    for (const event of EVENTS) {
      socket.on(event, (data: unknown) => {
        if (this.#heard !== NOTHING) this.#unasked += 1;
        this.#heard = data;
      });
    }
  }

  /** How often this event was given to the socket's listeners since the last time: 1 is right. */
  timesHeard(data: unknown): number {
    const times = (this.#heard === data ? 1 : 0) + this.#unasked;
    this.#heard = NOTHING;
    this.#unasked = 0;
    return times;
  }
}
