/** Records what a monitor does and receives, for `diagnostics`. */

import type { CoreEvent } from '../../core/events.js';
import type { Plugin, PluginContext } from '../../follower/plugin.js';
import { listen } from '../../follower/socket-link.js';
import { type Diagnostics, diagnose } from './diagnostics.js';
import { RecentLog } from './recent-log.js';
import { TransportWatch } from './transport-watch.js';

export class Recorder implements Plugin {
  readonly #context: PluginContext;
  readonly #recentLog = new RecentLog();
  readonly #transports: TransportWatch;
  #unwatchEngine: readonly (() => void)[] = [];

  constructor(context: PluginContext) {
    this.#context = context;
    this.#transports = new TransportWatch(() => context.socket.io.opts ?? {});
  }

  stop(): void {
    for (const unwatch of this.#unwatchEngine) unwatch();
  }

  onStep(event: CoreEvent): void {
    const { environment } = this.#context;
    this.#transports.onEvent(event, environment.now(), environment.wall());
    if (event.type === 'transport' && event.change === 'connect') this.#watchEngine();
  }

  /** A new connection has a new engine. */
  #watchEngine(): void {
    const { engine } = this.#context.socket.io;
    const count = (direction: 'received' | 'sent') => (packet: { readonly data?: unknown }) =>
      this.#transports.count(direction, packet.data);
    this.stop();
    this.#unwatchEngine = [
      listen(engine, 'packet', count('received')),
      listen(engine, 'packetCreate', count('sent')),
    ];
  }

  onLog(what: readonly unknown[]): void {
    this.#recentLog.write(this.#context.environment.wall(), what);
  }

  diagnostics(): Diagnostics {
    const { environment, state, status, options, storage, pageInfo } = this.#context;
    const now = environment.now();
    return diagnose({
      state: state(),
      status: status(),
      options,
      page: pageInfo(),
      hasStorage: storage !== null,
      transport: this.#transports.summary(now),
      recent_log: this.#recentLog.lines,
      now,
      wall: environment.wall(),
    });
  }
}
