/** The connection that subscribes to channels. Messages sent while it is down are lost. */

import type { SubscriberConnection } from './connection.js';

type Listener = (message: string) => void;

export interface Subscription {
  /** Resolves with whether messages arrive. If not, the next reconnect subscribes again. */
  readonly subscribed: Promise<boolean>;
  readonly end: () => void;
}

export class RedisSubscriber {
  readonly #connection: SubscriberConnection;
  readonly #listeners = new Map<string, Listener>();
  #onReady: (() => void) | undefined;
  /** Subscribes and unsubscribes that Redis has not answered yet. */
  readonly #changing = new Set<Promise<boolean>>();
  #listening = false;
  #closed = false;

  /**
   * @param onError called with what a listener throws: no message may end this process (I11)
   */
  constructor(connection: SubscriberConnection, onError: (error: unknown) => void) {
    this.#connection = connection;
    connection.onMessage((channel, message) => {
      try {
        this.#listeners.get(channel)?.(message);
      } catch (error) {
        onError(error);
      }
    });
    connection.on('ready', () => void this.#subscribeAgain());
    connection.on('lost', () => {
      this.#listening = false;
    });
  }

  /** Whether messages arrive, as far as is known. */
  get listening(): boolean {
    return this.#listening;
  }

  /** @param listener called whenever it listens again; messages sent meanwhile are lost */
  onReady(listener: () => void): void {
    this.#onReady = listener;
  }

  /** One listener for each channel. */
  subscribe(channel: string, listener: Listener): Subscription {
    this.#listeners.set(channel, listener);
    const subscribed = this.#change('subscribe', channel);
    return {
      subscribed,
      end: () => {
        if (this.#listeners.get(channel) !== listener) return;
        this.#listeners.delete(channel);
        void this.#change('unsubscribe', channel);
      },
    };
  }

  /** Detects a half-open connection. */
  probe(): void {
    this.#connection.probe();
  }

  /** Resolves when all pending subscribes and unsubscribes are done. */
  async settled(): Promise<void> {
    await Promise.all(this.#changing);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    await this.#connection.close();
  }

  /** After a reconnect nothing is subscribed. */
  async #subscribeAgain(): Promise<void> {
    await Promise.all([...this.#listeners.keys()].map((each) => this.#change('subscribe', each)));
    this.#listening = this.#connection.ready;
    this.#onReady?.();
  }

  #change(what: 'subscribe' | 'unsubscribe', channel: string): Promise<boolean> {
    const changed = this.#ask(what, channel);
    this.#changing.add(changed);
    void changed.then(() => this.#changing.delete(changed));
    return changed;
  }

  /** Never rejects. */
  async #ask(what: 'subscribe' | 'unsubscribe', channel: string): Promise<boolean> {
    if (this.#closed) return false;
    try {
      await this.#connection[what](channel);
      return true;
    } catch {
      // The reconnect subscribes again, and the node then reads the heads.
      return false;
    }
  }
}
