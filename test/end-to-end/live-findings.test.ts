/** What is wrong now, over all sessions of a server, as live lists show it: counted, filtered, gone when it is over. */

import { expect } from 'vitest';
import { heldResponder } from '../support/held-responder.js';
import { cutSteadily } from '../support/idle-timeout.js';
import { type Lab, test } from '../support/lab.js';
import { LiveViewer } from '../support/live-list.js';

const idOf = ({ receipts }: { readonly receipts: readonly { readonly session_id: string }[] }) =>
  `${receipts[0]?.session_id}`;

/** Clients with something between them and the server, one that is refused, one that is well, and replies that wait. */
async function stage(lab: Lab) {
  const { responder, release } = heldResponder();
  const app = await lab.app({
    node: 'this-node',
    responder,
    authorize: ({ token }) => (token === 'old' ? { denied: 'expired' } : true),
  });
  lab.defer(release);
  const [stripping, cutting] = [await lab.proxy(app.url), await lab.proxy(app.url)];
  stripping.refuseUpgrades = true;
  const stuck = await lab.liveClient(stripping.url, { thread_id: 'stuck' });
  const cut = await lab.liveClient(cutting.url, { thread_id: 'cut', transport: 'websocket' });
  const well = await lab.liveClient(app.url, { thread_id: 'well', transport: 'websocket' });
  const waiting = await lab.liveClient(app.url, { thread_id: 'busy', transport: 'websocket' });
  for (const words of ['Hello', 'And then?']) await app.sessions.sendMessage('busy', words);
  lab.client(app.url, { thread_id: 'mine', token: 'old', transport: 'websocket' });
  const cutAll = () => cutSteadily({ app, proxy: cutting, client: cut });
  return { app, stuck, cut, well, waiting, cutAll, release };
}

test('what is wrong is found in all sessions at once, and the sessions by what is found', async (lab) => {
  const { app, stuck, cut, well, waiting, cutAll, release } = await stage(lab);
  const viewer = await LiveViewer.open(lab, app.url);
  await cutAll();
  const codes = ['token_expired', 'steady_cuts', 'stuck_on_polling', 'run_waiting'];
  const { cluster, nodes } = await viewer.counts('all of it', ({ cluster: { findings } }) =>
    codes.every((each) => findings.some(({ code }) => code === each)),
  );
  // A client with an old token may hit a limit, too.
  const found = cluster.findings.filter(({ code }) => code !== 'limit_hit');
  expect(found.map(({ code, about, count }) => [code, about, count])).toEqual([
    ['token_expired', 'client', expect.any(Number)],
    ['steady_cuts', 'session', 1],
    ['stuck_on_polling', 'session', 1],
    ['run_waiting', 'thread', 1],
  ]);
  expect(found[1]).toMatchObject({
    node: 'this-node',
    session_id: idOf(cut),
    thread_id: 'cut',
    title: expect.stringMatching(/^The connection was cut after \d\.\d s, \d times in a row/),
    evidence: [expect.stringMatching(/^The connections lasted \d/), expect.any(String)],
  });
  expect(found[3]).toMatchObject({ session_id: null, thread_id: 'busy' });
  expect(nodes[0]).not.toHaveProperty('findings');

  const findingOf = (client: typeof well) => viewer.rows.get(idOf(client))?.finding;
  await viewer.shows('each row has what comes first', () => findingOf(cut) === 'steady_cuts');
  expect([stuck, waiting, well].map(findingOf)).toEqual(['stuck_on_polling', 'run_waiting', null]);

  const any = await LiveViewer.open(lab, app.url, 'finding=any&sort=thread_id');
  await any.shows('all that have a finding', (rows) => rows.length === 3);
  expect(any.shown.map(({ thread_id }) => thread_id)).toEqual(['busy', 'cut', 'stuck']);
  const polling = await LiveViewer.open(lab, app.url, 'finding=stuck_on_polling&q=stu');
  await polling.shows('the one that is stuck', (rows) => rows.length === 1);
  const wrong = await fetch(`${app.url}/debug/live?finding=bad_luck`);
  expect([wrong.status, (await wrong.json()).error.field]).toEqual([400, 'finding']);

  release();
  await any.shows('the replies have ended', (rows) => rows.length === 2);
  await any.counts('and are no finding', (each) =>
    each.cluster.findings.every(({ code }) => code !== 'run_waiting'),
  );
});
