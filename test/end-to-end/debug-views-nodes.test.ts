/** What `/debug` shows of several servers on one Redis, and while one of them is frozen. */

import { expect } from 'vitest';
import {
  findAllSessions,
  findSessions,
  readDebug,
  type ShownPage,
  type ShownSession,
} from '../support/debug-views.js';
import { type Lab, test } from '../support/lab.js';
import { LiveViewer } from '../support/live-list.js';
import { times, until } from '../support/until.js';

const THREAD = 'shared';

interface ShownNodes {
  readonly nodes: readonly { readonly node: string; readonly sessions: number }[];
  readonly unreachable: readonly string[];
}

interface OneSession {
  readonly session: ShownSession;
  readonly connection: object | null;
  readonly unreachable: readonly string[];
}

/** Two servers, which know each other, and three followers of each. */
async function twoNodes(lab: Lab) {
  const { nodes } = await lab.nodes(2);
  const [first, second] = nodes;
  const follow = (url: string) =>
    lab.liveClient(url, { thread_id: THREAD, user_id: `of ${url}`, transport: 'websocket' });
  const clients = await Promise.all(
    [first, second].flatMap(({ url }) => times(3, () => follow(url))),
  );
  const namesSeenBy = ({ url }: { readonly url: string }) =>
    until('it knows the other', async () => {
      const shown = await readDebug<ShownNodes>(url, 'nodes');
      return shown.nodes.length === 2 ? shown.nodes.map(({ node }) => node) : undefined;
    });
  const [names] = await Promise.all([namesSeenBy(first), namesSeenBy(second)]);
  const ids = clients.map(({ receipts }) => `${receipts[0]?.session_id}`);
  return { first, second, names, clients, ids, ofFirst: ids.slice(0, 3) };
}

const idsOf = (sessions: readonly ShownSession[]) => sessions.map(({ session_id }) => session_id);

test('each node finds the sessions of all, by what their own nodes know of them', async (lab) => {
  const { first, second, names, ids, ofFirst } = await twoNodes(lab);
  for (const { url } of [first, second]) {
    const all = await findAllSessions(url, 4);
    expect(idsOf(all)).toEqual([...ids].sort());
    // Only the node of a connection knows its address.
    const byAddress = await findSessions(url, 'q=127.0.0.1&transport=websocket');
    expect(byAddress.sessions.length).toBe(6);
    const ofOne = await findSessions(url, `node=${names[0]}`);
    expect(idsOf(ofOne.sessions)).toEqual([...ofFirst].sort());
    expect(new Set(ofOne.sessions.map(({ node }) => node))).toEqual(new Set([names[0]]));
    const one = await readDebug<OneSession>(url, `sessions/${ofFirst[0]}`);
    expect(one).toMatchObject({
      session: { session_id: ofFirst[0], node: names[0] },
      connection: { status: 'registered', remote_address: '127.0.0.1' },
      unreachable: [],
    });
    const { nodes } = await readDebug<ShownNodes>(url, 'nodes');
    expect(nodes.map(({ node, sessions }) => [node, sessions])).toEqual(
      names.map((name) => [name, 3]),
    );
  }
});

test('one that is frozen is named as unreachable, and what the store knows of it is shown', async (lab) => {
  const { first, second, names, clients, ids, ofFirst } = await twoNodes(lab);
  const [frozen] = names;
  const viewer = await LiveViewer.open(lab, second.url, 'sort=session_id');
  await viewer.shows('the sessions of both', () => viewer.total === 6);
  expect(viewer.ids).toEqual([...ids].sort());
  const counted = await viewer.counts('both nodes', (each) => each.nodes.length === 2);
  expect(counted.nodes.map(({ node }) => node)).toEqual(names);
  await viewer.counts('all sessions', ({ cluster }) => cluster.sessions.active === 6);
  first.freeze(true);
  // It counts as lost some seconds later: until then all of this is asked at the same time.
  const [page, ofOther, thread, one, nodes] = await Promise.all([
    findSessions(second.url, `thread_id=${THREAD}`),
    findSessions(second.url, `node=${names[1]}`),
    readDebug<ShownPage>(second.url, `threads/${THREAD}`),
    readDebug<OneSession>(second.url, `sessions/${ofFirst[0]}`),
    readDebug<ShownNodes>(second.url, 'nodes'),
  ]);
  for (const { sessions, unreachable } of [page, thread]) {
    expect([idsOf(sessions), unreachable]).toEqual([[...ids].sort(), [frozen]]);
    const ofFrozen = sessions.filter(({ node }) => node === frozen);
    expect(ofFrozen.map((each) => [each.status, each.remote_address])).toEqual(
      times(3, () => ['active', null]),
    );
  }
  // A node that nothing is asked of is not missed.
  expect([ofOther.sessions.length, ofOther.unreachable]).toEqual([3, []]);
  expect([one.session.session_id, one.connection, one.unreachable]).toEqual([
    ofFirst[0],
    null,
    [frozen],
  ]);
  expect([nodes.nodes.map(({ node }) => node), nodes.unreachable]).toEqual([[names[1]], [frozen]]);
  const live = await viewer.counts('which is missing', ({ unreachable }) => unreachable.length > 0);
  expect([live.unreachable, live.nodes.length, viewer.total]).toEqual([[frozen], 1, 6]);

  await until('it counts as lost', async () => {
    const { sessions, unreachable } = await findSessions(second.url, 'state=disconnected');
    return unreachable.length === 0 && sessions.length === 3;
  });
  await viewer.shows(
    'what the store has of them',
    (rows) => rows.filter(({ status }) => status === 'disconnected').length === 3,
  );
  first.freeze(false);
  await until('its clients are back', () => clients.every(({ receipts }) => receipts.length > 0));
  await until('all are connected', async () => {
    const { sessions } = await findSessions(second.url, 'state=active');
    return sessions.length === 6;
  });
  await viewer.shows('all with their addresses', (rows) =>
    rows.every(({ status, remote_address }) => status === 'active' && remote_address !== null),
  );
});
