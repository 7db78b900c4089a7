import { fault, ok, refused } from '@session-monitor/protocol';
import { describe, expect, test } from 'vitest';
import { NODE_LOST } from '../../runs/run-end.js';
import { ServerError } from '../../util/errors.js';
import { ManualClock } from '../../util/manual-clock.fixture.js';
import { FakeTracing, traceparentOf } from './fake-tracing.fixture.js';
import { ServerTracing, type TraceOrigin } from './server-tracing.js';

const ALICE = { thread_id: 't', user_id: 'alice', address: '192.0.2.1' };
const MESSAGE = { ...ALICE, message_id: 'm', publish: true };
const RUN = { record: { run_id: 'r' }, isRepeated: false };

function stage(identities = false) {
  const tracing = Object.assign(new FakeTracing(), { identities });
  const manual = new ManualClock();
  const clock = Object.assign(manual, { wall: () => 1_000_000 + manual.now() });
  const server = new ServerTracing({ tracing, clock, node: 'n' });
  const named = (name: string) => tracing.spans.find((span) => span.name === name);
  return { clock, server, spans: tracing.spans, named };
}

describe('the span of a message', () => {
  test('begins when the message arrives, and ends when it is durable', async () => {
    const { server, clock, named } = stage();
    const origin = server.heard();
    clock.spend(10);
    const message = origin.message(MESSAGE);
    await message.submit(async () => {
      clock.spend(5);
      return ok(RUN);
    });
    expect(named('session_monitor.message')).toMatchObject({
      begunAt: 1_001_000,
      endedAt: 1_001_015,
      failure: undefined,
      attributes: {
        'session_monitor.node': 'n',
        'session_monitor.thread_id': 't',
        'session_monitor.message_id': 'm',
        'session_monitor.run_id': 'r',
        'session_monitor.source': 'socket',
        'session_monitor.published': true,
        'session_monitor.repeated': false,
      },
    });
  });

  test('has the code of a refusal, and of an error, and no more of them', async () => {
    const secret = 'of the app';
    const failing: readonly [string, () => Promise<never> | ReturnType<typeof refused>][] = [
      ['thread_busy', () => refused(fault('thread_busy', secret))],
      ['ERR_STORE_FAILED', () => Promise.reject(new ServerError('ERR_STORE_FAILED', secret))],
      ['internal', () => Promise.reject(new TypeError(secret))],
    ];
    for (const [code, submit] of failing) {
      const { server, spans } = stage();
      await server
        .called()
        .message(MESSAGE)
        .submit(async () => submit())
        .catch(() => {});
      expect(spans[0]).toMatchObject({ failure: code });
      expect(spans[0]?.endedAt).toBeDefined();
      expect(JSON.stringify(spans)).not.toContain(secret);
    }
  });

  test('is above those of its first append and of its run', async () => {
    const { server, named } = stage();
    const message = server.called().message(MESSAGE);
    const append = async () => true;
    expect(await message.append('r', append)).toBe(true);
    const run = message.run('r');
    run.onTurn();
    run.onPart();
    run.onPart();
    expect(await run.append(append)).toBe(true);
    run.onFinished('failed', { status: 'failed', error: { code: 'no_model', message: 'secret' } });
    run.end();
    expect(named('session_monitor.append')).toMatchObject({ below: 'session_monitor.message' });
    expect(named('session_monitor.run')).toMatchObject({
      below: 'session_monitor.message',
      failure: 'no_model',
      events: [['session_monitor.turn', 1_001_000]],
      attributes: {
        'session_monitor.run_id': 'r',
        'session_monitor.parts': 2,
        'session_monitor.status': 'failed',
      },
    });
  });
});

test('a run that another node has ended has failed here', () => {
  const { server, named } = stage();
  const run = server.called().message(MESSAGE).run('r');
  run.onFinished('fenced', undefined);
  run.end();
  expect(named('session_monitor.run')).toMatchObject({ failure: 'fenced' });
});

test('a run that is ended in place of its node has a span below that of its message', () => {
  const { server, spans } = stage();
  server.endedLost({ run_id: 'r', thread_id: 't' }, traceparentOf(7), NODE_LOST);
  expect(spans).toMatchObject([
    {
      name: 'session_monitor.run',
      below: traceparentOf(7),
      failure: 'node_lost',
      attributes: { 'session_monitor.status': 'interrupted' },
    },
  ]);
});

describe('the span of an event', () => {
  const publish = (origin: TraceOrigin) => origin.publish({ ...ALICE, session_id: 's' });

  test('ends when the event is durable, with that of its append', async () => {
    const { server, clock, spans } = stage();
    const span = publish(server.heard());
    let confirm = (_offset: number) => {};
    const published = new Promise<number>((resolve) => {
      confirm = resolve;
    }).then((offset) => ok(offset));
    await span.publish(async () => ok({ published }));
    expect(spans.map(({ endedAt }) => endedAt)).toEqual([undefined, undefined]);
    clock.spend(3);
    confirm(9);
    await published;
    expect(spans.map(({ name, endedAt }) => [name, endedAt])).toEqual([
      ['session_monitor.publish', 1_001_003],
      ['session_monitor.append', 1_001_003],
    ]);
    expect(spans[0]?.attributes).toMatchObject({
      'session_monitor.session_id': 's',
      'session_monitor.offset': 9,
    });
  });

  test.each([
    ['is refused', 'too_large', async () => refused(fault('too_large', ''))],
    [
      'is refused once it is begun',
      'message_id_reused',
      async () => ok({ published: Promise.resolve(refused(fault('message_id_reused', ''))) }),
    ],
    [
      'cannot be written',
      'ERR_PUBLISH_UNKNOWN',
      async () => ok({ published: Promise.reject(new ServerError('ERR_PUBLISH_UNKNOWN', '')) }),
    ],
    [
      'cannot be begun',
      'ERR_CLOSED',
      async () => Promise.reject(new ServerError('ERR_CLOSED', '')),
    ],
  ] as const)('has the code if it %s', async (_, code, begin) => {
    const { server, spans } = stage();
    const begun = await publish(server.heard())
      .publish<{ published: Promise<never> }>(begin as never)
      .catch(() => undefined);
    if (begun?.ok) await begun.value.published.catch(() => {});
    expect(spans.map(({ failure }) => failure)).toEqual([code, code]);
    expect(spans.every(({ endedAt }) => endedAt !== undefined)).toBe(true);
  });
});

test('users and addresses are named only with the option for that', () => {
  for (const identities of [false, true]) {
    const { server, spans } = stage(identities);
    server.heard().message(MESSAGE);
    server.heard().publish(ALICE);
    const shown = spans.map(({ attributes }) => [
      attributes['session_monitor.user_id'],
      attributes['client.address'],
    ]);
    const expected = identities ? ['alice', '192.0.2.1'] : [undefined, undefined];
    expect(shown).toEqual([expected, expected]);
  }
});
