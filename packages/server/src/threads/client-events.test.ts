import { describe, expect, test } from 'vitest';
import { createMemoryStore } from '../stores/memory.js';
import { type ClientEvent, publishFromClient } from './client-events.js';
import { publish } from './publish.js';

const THREAD = 'thread';

function stage() {
  const { logs, threads } = createMemoryStore();
  const send = async (event: Partial<ClientEvent>) => {
    const published = await publishFromClient(logs, {
      thread_id: THREAD,
      event: 'note',
      data: 1,
      message_id: 'order-1',
      owner: null,
      ...event,
    });
    return published.ok ? published.value : published.fault.code;
  };
  const head = async () => (await logs.head(THREAD))?.offset;
  return { logs, threads, send, head };
}

describe('an event under a message id', () => {
  test('of a user has nothing to do with that of another user', async () => {
    const { send } = stage();
    expect(await send({ owner: 'bob', data: 'of bob' })).toBe(1);
    expect(await send({ owner: 'alice', data: 'of alice' })).toBe(2);
    expect(await send({ owner: 'carol', data: 'of bob' })).toBe(3);
    expect(await send({ data: 'of a caller without a name' })).toBe(4);
    // Each of them may repeat it.
    expect(await send({ owner: 'bob', data: 'of bob' })).toBe(1);
    expect(await send({ owner: 'carol', data: 'of bob' })).toBe(3);
  });

  test.each([null, 'bob'])(
    'is taken once, and refused with other content (user %s)',
    async (owner) => {
      const { send, head } = stage();
      expect(await send({ owner, data: { a: 1, b: 'é' } })).toBe(1);
      expect(await send({ owner, data: { a: 1, b: 'é' } })).toBe(1);
      expect(await send({ owner, data: { a: 2, b: 'é' } })).toBe('message_id_reused');
      expect(await send({ owner, event: 'other', data: { a: 1, b: 'é' } })).toBe(
        'message_id_reused',
      );
      expect(await head()).toBe(1);
    },
  );

  test('that is trimmed away meanwhile counts as the same', async () => {
    const { logs, send } = stage();
    await logs.append(THREAD, ['["note",1]'], { message_id: 'order-1' });
    const read = logs.read.bind(logs);
    Object.assign(logs, {
      read: async (...args: Parameters<typeof read>) => ({ ...(await read(...args)), batches: [] }),
    });
    expect(await send({ data: 'other' })).toBe(1);
  });

  test('is also found if an earlier version, which knew no users, has stored it', async () => {
    const { logs, send } = stage();
    const earlier = { message_id: 'order-1', user_id: 'bob' };
    expect(await publish(logs, THREAD, 'note', 'of bob', earlier)).toBe(1);
    expect(await send({ owner: 'bob', data: 'of bob' })).toBe(1);
    // What is another event was another user's, or a program's.
    expect(await send({ owner: 'alice', data: 'of alice' })).toBe(2);
    expect(await send({ owner: 'alice', data: 'of alice' })).toBe(2);
  });

  test('of a program is as it was: the first one counts, whatever the second one holds', async () => {
    const { logs, send } = stage();
    const named = { message_id: 'order-1' };
    expect(await publish(logs, THREAD, 'note', 'first', named)).toBe(1);
    expect(await publish(logs, THREAD, 'note', 'second', named)).toBe(1);
    expect(await send({ data: 'third' })).toBe('message_id_reused');
  });
});

test('a user who publishes enters the thread in the list, also without a message id', async () => {
  const { threads, send } = stage();
  expect(await send({ owner: 'bob', message_id: undefined })).toBe(1);
  expect(await send({ owner: 'bob', message_id: undefined })).toBe(2);
  expect(await threads.get(THREAD)).toMatchObject({ user_id: 'bob' });
});

test('an event that is too deep or too large is refused as a value', async () => {
  const { send, head } = stage();
  const deep = JSON.parse(`${'['.repeat(17)}${']'.repeat(17)}`) as unknown;
  expect(await send({ data: deep })).toBe('too_large');
  expect(await send({ data: JSON.parse(`${'['.repeat(9e4)}${']'.repeat(9e4)}`) })).toBe(
    'too_large',
  );
  expect(await send({ data: 'x'.repeat(600_000) })).toBe('too_large');
  expect(await head()).toBeUndefined();
});
