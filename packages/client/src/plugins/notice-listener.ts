/** A plugin that acts on one message of the server's, while the monitor is started. */

import type { Plugin, PluginContext } from '../follower/plugin.js';
import { listen } from '../follower/socket-link.js';

export abstract class NoticeListener implements Plugin {
  protected readonly context: PluginContext;
  #unlisten: (() => void) | undefined;

  constructor(context: PluginContext) {
    this.context = context;
  }

  protected abstract readonly event: string;
  protected abstract onNotice(payload: unknown): void;

  start(): void {
    this.#unlisten ??= listen(this.context.socket, this.event, (payload: unknown) =>
      this.onNotice(payload),
    );
  }

  stop(): void {
    this.#unlisten?.();
    this.#unlisten = undefined;
  }
}
