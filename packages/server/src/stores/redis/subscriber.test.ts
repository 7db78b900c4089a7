import { expect, test } from 'vitest';
import type { SubscriberConnection } from './connection.js';
import { RedisSubscriber } from './subscriber.js';

/** A connection that the test cuts: after a reconnect nothing is subscribed. */
class Connection implements SubscriberConnection {
  ready = true;
  readonly subscribed = new Set<string>();
  readonly #events = new Map<string, () => void>();
  #message: (channel: string, message: string) => void = () => {};

  on(event: string, listener: () => void): void {
    this.#events.set(event, listener);
  }

  onError(): void {}

  onMessage(listener: (channel: string, message: string) => void): void {
    this.#message = listener;
  }

  async subscribe(channel: string): Promise<void> {
    if (!this.ready) throw new Error('There is no connection.');
    this.subscribed.add(channel);
  }

  async unsubscribe(channel: string): Promise<void> {
    this.subscribed.delete(channel);
  }

  probe(): void {}

  async close(): Promise<void> {}

  publish(channel: string, message: string): void {
    if (this.subscribed.has(channel)) this.#message(channel, message);
  }

  lose(): void {
    this.ready = false;
    this.subscribed.clear();
    this.#events.get('lost')?.();
  }

  connect(): void {
    this.ready = true;
    this.#events.get('ready')?.();
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('after a reconnect every channel is subscribed again before the node looks', async () => {
  const connection = new Connection();
  const subscriber = new RedisSubscriber(connection, () => {});
  const heard: string[] = [];
  let ready = 0;
  subscriber.onReady(() => {
    ready += 1;
  });
  subscriber.subscribe('a', (message) => heard.push(`a ${message}`));
  const gone = subscriber.subscribe('gone', (message) => heard.push(`gone ${message}`));
  await turn();
  connection.publish('a', 'before');
  connection.lose();
  expect(subscriber.listening).toBe(false);
  // Made and ended while there is no connection.
  subscriber.subscribe('b', (message) => heard.push(`b ${message}`));
  gone.end();
  await turn();
  connection.connect();
  await turn();
  expect([ready, subscriber.listening]).toEqual([1, true]);
  for (const channel of ['a', 'b', 'gone']) connection.publish(channel, 'after');
  expect(heard).toEqual(['a before', 'a after', 'b after']);
});

test('what a listener throws ends nothing', async () => {
  const connection = new Connection();
  const errors: unknown[] = [];
  const subscriber = new RedisSubscriber(connection, (error) => errors.push(error));
  subscriber.subscribe('a', () => {
    throw new Error('a bug');
  });
  await turn();
  connection.publish('a', 'word');
  expect(errors).toHaveLength(1);
});
