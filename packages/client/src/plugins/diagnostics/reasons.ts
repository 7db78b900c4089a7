/** Why a link ended: what the recent log says beside the phases. */

import type { Effect } from '../../core/effects.js';
import type { CoreEvent } from '../../core/events.js';
import type { Plugin, PluginContext } from '../../follower/plugin.js';

export class Reasons implements Plugin {
  readonly #context: Pick<PluginContext, 'log'>;
  /** Why the monitor itself gives the link up. */
  #cause = '';

  constructor(context: Pick<PluginContext, 'log'>) {
    this.#context = context;
  }

  onStep(event: CoreEvent, effects: readonly Effect[]): void {
    // Without a reason there was no link yet.
    if (event.type === 'link_down' && event.reason) {
      const why = event.end === 'monitor' ? this.#cause : event.reason;
      this.#context.log(`link down because of the ${event.end}: ${why}`);
    }
    if (effects.some(({ type }) => type === 'disconnect')) {
      this.#cause = event.type === 'timer' ? `no ${event.timer}` : event.type;
    }
  }
}
