/** What an app asks and publishes: checked, named, and handed to what sends it. */

import type { Json } from '@session-monitor/protocol';
import type { Companion, FollowerHost } from '../companion.js';
import type { RunsView } from '../core/runs-view.js';
import { SessionMonitorError } from '../errors.js';
import { originOf } from '../socket-link.js';
import { type AcceptedRun, Asker } from './asker.js';
import { EventSender } from './event-sender.js';
import {
  checkEvent,
  checkQuestion,
  type SendMessageOptions,
  type SendOptions,
} from './messages.js';

interface Senders {
  readonly host: FollowerHost;
  readonly asker: Asker;
  readonly sender: EventSender;
}

export class Sending implements Companion {
  #senders: Senders | undefined;

  join(host: FollowerHost): void {
    const { environment, storage, options, token } = host;
    const asker = new Asker({
      ...{ environment, storage, token },
      fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
      url: () => options.url?.replace(/\/+$/, '') ?? originOf(host.socket),
      user_id: options.user_id ?? null,
      mayRepeat: () => host.state().v1 === null,
      onChange: host.changed,
      log: host.log,
    });
    const { session, request } = host;
    const sender = new EventSender({ environment, storage, session, request });
    this.#senders = { host, asker, sender };
  }

  start(thread_id: string): void {
    this.#senders?.asker.start(thread_id);
    this.#senders?.sender.start(thread_id);
  }

  stop(): void {
    this.#senders?.asker.stop();
    this.#senders?.sender.stop();
  }

  wake(): void {
    this.#senders?.asker.wake();
  }

  registered(): void {
    this.#senders?.asker.wake();
    this.#senders?.sender.wake();
  }

  forgetHistory(): void {
    this.#senders?.asker.forgetHistory();
  }

  see(event: string, data: unknown): void {
    this.#senders?.asker.see(event, data);
  }

  get runs(): RunsView {
    return this.#senders?.asker.runs ?? [];
  }

  ask(user_input: string, options: SendMessageOptions): Promise<AcceptedRun> {
    checkQuestion(user_input, options);
    const { host, asker } = this.#joined();
    const thread_id = host.thread('There is no thread to ask on.');
    const { message_id = host.environment.instance(), policy } = options;
    return asker.ask({ message_id, thread_id, user_input, ...(policy && { policy }) });
  }

  cancel(run_id: string | undefined): Promise<boolean> {
    const { host, asker } = this.#joined();
    return asker.cancel(host.thread('There is no thread.'), run_id);
  }

  send(event: string, data: Json, options: SendOptions): Promise<number> {
    checkEvent(event, data, options);
    const { host, sender } = this.#joined();
    const thread_id = host.thread('There is no thread to publish to.');
    const { message_id = host.environment.instance() } = options;
    if (host.state().v1) {
      const message = 'A backend that speaks v1 takes no events from a client.';
      return Promise.reject(new SessionMonitorError('ERR_REFUSED', message));
    }
    return sender.send({ message_id, thread_id, event, data });
  }

  whisper(event: string, data: Json): void {
    checkEvent(event, data);
    const { host, sender } = this.#joined();
    const thread_id = host.thread('There is no thread to tell it on.');
    sender.whisper({ message_id: host.environment.instance(), thread_id, event, data });
  }

  #joined(): Senders {
    if (this.#senders) return this.#senders;
    throw new Error('It has not joined a follower.');
  }
}
