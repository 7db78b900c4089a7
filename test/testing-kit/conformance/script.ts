/** The same script for either server. Returns each app's record. */

import { until } from '../../support/until.js';
import { Names, RecordingApp, type Told } from './app.js';
import { talk } from './bare-talk.js';
import type { Stage } from './stage.js';

const THREAD = 't';

/** Takes a conversation through all events that it may meet. */
export async function perform(stage: Stage): Promise<Readonly<Record<string, Told>>> {
  const names = new Names();
  const follow = (options = {}) =>
    new RecordingApp(stage, names, { thread_id: THREAD, ...options });
  let published = 0;
  const publish = async (count: number) => {
    for (let index = 0; index < count; index += 1) {
      published += 1;
      await stage.publish(THREAD, 'note', { n: published });
    }
  };

  // Events before, during and after an app's session.
  await publish(3);
  const app = follow();
  await app.at(3);
  await publish(2);
  await app.at(5);
  const others = [follow({ since: 'now' }), follow({ since: 4 }), follow({ since: 99 })] as const;
  await Promise.all(others.map((other) => other.at(5)));
  for (const other of others) other.leave();

  // Cut off, and back.
  stage.down();
  await app.away();
  await publish(2);
  stage.up();
  await app.at(7);

  // Cut off for longer than events are kept.
  stage.down();
  await app.away();
  await publish(5);
  await stage.trim(THREAD, 10, 12);
  stage.up();
  await app.at(12);
  const newcomer = follow();
  await newcomer.at(12);

  // Stopped, and started again.
  app.monitor.stop();
  await publish(1);
  app.monitor.start();
  await app.at(13);

  // Events from the app.
  const offset = await app.monitor.send('note', { from: 'app' }, { message_id: 'once' });
  const again = await app.monitor.send('note', { from: 'app' }, { message_id: 'once' });
  await app.at(14);
  await newcomer.at(14);
  const hasHeard = () => newcomer.told.some((told) => String(told).startsWith('ephemeral'));
  app.monitor.sendEphemeral('typing', true);
  await newcomer.at(14, hasHeard);
  stage.publishEphemeral(THREAD, 'typing', 'a backend');
  await app.at(14, () => app.told.some((told) => String(told).startsWith('ephemeral')));

  // Questions.
  const asked = await app.monitor.sendMessage('Count!', { message_id: 'q1' });
  const ends = [await app.ended(asked.run_id)];
  const repeated = await newcomer.monitor.sendMessage('Count!', { message_id: 'q1' });
  const other = await newcomer.monitor
    .sendMessage('Another?', { message_id: 'q1' })
    .catch(({ code }: { readonly code: string }) => code);
  const failing = await app.monitor.sendMessage('Fail!', { message_id: 'q2' });
  ends.push(await app.ended(failing.run_id));
  const waiting = await app.monitor.sendMessage('Wait!', { message_id: 'q3' });
  await app.at(29);
  const cancelled = [await app.monitor.cancel(), await app.monitor.cancel(waiting.run_id ?? '')];
  ends.push(await app.ended(waiting.run_id));
  await app.at(30);
  await newcomer.at(30);
  // An app that joins now gets each reply's words as one event.
  const late = follow();
  await late.at(30);

  // Erased under connected apps, and under disconnected ones.
  const checkpoint = app.monitor.checkpoint() ?? '';
  await stage.erase(THREAD);
  await app.at(0);
  await publish(2);
  await Promise.all([app, newcomer, late].map((each) => each.at(2)));
  late.leave();
  stage.down();
  await app.away();
  await stage.erase(THREAD);
  await publish(1);
  stage.up();
  // Each app must learn of both erasures before its record is compared.
  await Promise.all([app, newcomer].map((each) => each.at(1)));
  const saved = follow({ cursor: checkpoint });
  await saved.at(1);

  // A token that has expired when the client presents it, for each of its uses.
  stage.expireToken('register');
  const holder = follow({ token: () => 'token' });
  await holder.at(1);
  stage.expireToken('send');
  await holder.monitor.send('note', { from: 'holder' });
  await holder.at(2);
  stage.expireToken('ask');
  const another = await holder.monitor.sendMessage('Count!', { message_id: 'q9' });
  ends.push(await holder.ended(another.run_id));
  await Promise.all([app, newcomer, saved, holder].map((each) => each.at(9)));
  // A token that cannot be replaced.
  stage.expireToken('register');
  const stranger = follow({ token: 'text' });
  await until('it has failed', () => stranger.monitor.status.state === 'failed');

  const counted = [app, newcomer, saved].map(({ monitor }) => {
    const { applied, gaps, resets, resumes, runs } = monitor.status;
    return { applied, gaps, resets, resumes, runs };
  });
  const facts = [
    { offset, again, ends, cancelled, other },
    names.plain([asked, repeated, counted]),
  ];
  const bare = await talk(stage);
  for (const each of [app, newcomer, saved, holder, stranger]) each.leave();
  return {
    app: app.told,
    newcomer: newcomer.told,
    late: late.told,
    saved: saved.told,
    holder: holder.told,
    stranger: stranger.told,
    now: others[0].told,
    after4: others[1].told,
    ahead: others[2].told,
    facts,
    bare,
  };
}
