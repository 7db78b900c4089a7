/** Records what a monitor does and receives, for `diagnostics`. */

import type { CoreEvent } from '../../core/events.js';
import type { Plugin, PluginContext } from '../../follower/plugin.js';
import { listen } from '../../follower/socket-link.js';
import { type Diagnostics, diagnose } from './diagnostics.js';
import { TransportWatch } from './transport-watch.js';

const MAX_LINES = 50;
/** Of a line: what a server sends may be long (I9). */
const MAX_LENGTH = 300;

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
    return diagnose(this.#context, this.#transports, this.#recentLog.lines);
  }
}

/** The newest lines of what a monitor has done and seen: for a bug report, whether `debug` is on or not. */
export class RecentLog {
  #lines: string[] = [];

  /** @param wall milliseconds since 1970 */
  write(wall: number, what: readonly unknown[]): void {
    const line = what
      .filter((each) => each !== '')
      .map(asText)
      .join(' ');
    const dated = `${new Date(wall).toISOString()} ${line}`;
    this.#lines = [...this.#lines.slice(1 - MAX_LINES), dated.slice(0, MAX_LENGTH)];
  }

  get lines(): readonly string[] {
    return this.#lines;
  }
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return String(value);
  return JSON.stringify(value) ?? String(value);
}
