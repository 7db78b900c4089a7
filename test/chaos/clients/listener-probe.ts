/** Records what the socket's own listeners receive, as in an app without a monitor. */

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
  /** Events that arrived while another had not been taken: delivered twice. */
  #unasked = 0;

  constructor(socket: Socket) {
    for (const event of EVENTS) {
      socket.on(event, (data: unknown) => {
        if (this.#heard !== NOTHING) this.#unasked += 1;
        this.#heard = data;
      });
    }
  }

  /** How often the socket's listeners received this event since the last call: 1 is right. */
  timesHeard(data: unknown): number {
    const times = (this.#heard === data ? 1 : 0) + this.#unasked;
    this.#heard = NOTHING;
    this.#unasked = 0;
    return times;
  }
}
