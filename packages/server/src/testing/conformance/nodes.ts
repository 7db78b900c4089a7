/** The contract of nodes, for stores that several servers share. */

import assert from 'node:assert/strict';
import type { StoreTests } from './subject.js';

const LONG_MS = 60_000;
const SHORT_MS = 60;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export const nodeTests: StoreTests = {
  'a node is alive until its heartbeat lapses; then it is lost until a server forgets it': async ({
    store: { nodes },
    id,
  }) => {
    if (!nodes) return;
    const [one, other] = [`${id}.one`, `${id}.other`];
    assert.equal(await nodes.beat(one, LONG_MS), false);
    assert.equal(await nodes.beat(other, LONG_MS), false);
    // Before the short one: a busy machine takes longer than that to ask.
    assert.ok((await nodes.alive()).includes(one));
    assert.equal(await nodes.beat(one, SHORT_MS), true);
    while ((await nodes.alive()).includes(one)) await pause(5);
    assert.deepEqual(
      (await nodes.lost()).filter((node) => node.startsWith(id)),
      [one],
    );
    assert.equal(await nodes.beat(one, LONG_MS), true);
    assert.ok(!(await nodes.lost()).includes(one));
    await nodes.forget(one);
    assert.ok(!(await nodes.alive()).includes(one));
    assert.equal(await nodes.beat(one, LONG_MS), false);
  },

  'a leader lease belongs to one of them at a time': async ({ store: { nodes }, id }) => {
    if (!nodes) return;
    const [one, other, lease] = [`${id}.one`, `${id}.other`, `${id}.lease`];
    const first = await Promise.all([
      nodes.tryAcquireLease(lease, one, LONG_MS),
      nodes.tryAcquireLease(lease, other, LONG_MS),
    ]);
    assert.equal(first.filter(Boolean).length, 1);
    const [holder, waiting] = first[0] ? [one, other] : [other, one];
    assert.equal(await nodes.tryAcquireLease(lease, holder, SHORT_MS), true);
    while (!(await nodes.tryAcquireLease(lease, waiting, LONG_MS))) await pause(5);
    assert.equal(await nodes.tryAcquireLease(lease, holder, LONG_MS), false);
    await nodes.forget(waiting);
    assert.equal(await nodes.tryAcquireLease(lease, holder, LONG_MS), true);
  },

  'an ephemeral event reaches the nodes that follow its thread': async ({ store, id, another }) => {
    const other = await another?.();
    if (!store.nodes || !other?.nodes) return;
    const heard: string[] = [];
    const own: string[] = [];
    other.nodes.onEphemeral((thread_id, message) => heard.push(`${thread_id}: ${message}`));
    store.nodes.onEphemeral((thread_id, message) => own.push(`${thread_id}: ${message}`));
    const ends = [other, store].map(({ logs }) => logs.follow(id, () => {}));
    await Promise.all([other.logs.open(id), store.logs.open(id)]);
    while (heard.length === 0) {
      await store.nodes.publishEphemeral(`${id}.unheard`, 'unheard');
      await store.nodes.publishEphemeral(id, 'a ~ word');
      await pause(5);
    }
    assert.deepEqual(new Set(heard), new Set([`${id}: a ~ word`]));
    assert.deepEqual(own, []);
    for (const end of ends) end();
  },

  'a message reaches only its own node': async ({ store: { nodes }, id }) => {
    if (!nodes) return;
    const heard: string[] = [];
    const ends = ['one', 'other'].map((name) =>
      nodes.listen(`${id}.${name}`, (message) => heard.push(`${name}: ${message}`)),
    );
    while (heard.length === 0) {
      await nodes.tell(`${id}.one`, 'a word');
      await pause(5);
    }
    assert.deepEqual(new Set(heard), new Set(['one: a word']));
    for (const end of ends) end();
  },
};
