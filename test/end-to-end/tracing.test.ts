import { createServer } from 'node:http';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { createMemoryStore, type Responder, ResponderError } from '@session-monitor/server';
import { type OpenTelemetryOptions, openTelemetry } from '@session-monitor/server/opentelemetry';
import type { AppConfig } from 'session-monitor';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { createStorage } from '../support/client.js';
import { jsonPost, postMessage } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';
import { close, listen } from '../support/listen.js';
import { type RecordedSpan, recordSpans } from '../support/span-recorder.mjs';
import { until } from '../support/until.js';

const THREAD = 'traced';
const STRANGER = { trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' };
const HEADERS = { traceparent: `00-${STRANGER.trace}-${STRANGER.span}-01` };
const QUESTION = { user_input: 'A question?', thread_id: THREAD, use_websocket: true };

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => context.disable());

/** An app whose spans are kept. */
async function tracedApp(
  lab: Lab,
  config: Partial<AppConfig> = {},
  options: OpenTelemetryOptions = {},
) {
  const { provider, spans } = recordSpans();
  const tracing = openTelemetry({ tracerProvider: provider, ...options });
  const { app } = await lab.loggedApp({ tracing, ...config });
  return { app, spans, tracer: provider.getTracer('app') };
}

const named = (spans: readonly RecordedSpan[], name: string): readonly RecordedSpan[] =>
  spans.filter((span) => span.name === `session_monitor.${name}`);

/** Waits for so many spans of a name, and gives them. */
const untilNamed = (
  spans: () => readonly RecordedSpan[] | Promise<readonly RecordedSpan[]>,
  name: string,
  count = 1,
) =>
  until(
    `${count} spans of ${name}`,
    async () => {
      const found = named(await spans(), name);
      return found.length >= count && found;
    },
    { state: spans },
  );

/** Each span with the one above it, by their names. */
function tree(spans: readonly RecordedSpan[]): readonly string[] {
  const nameOf = (id: string | undefined) => spans.find((span) => span.id === id)?.name ?? '-';
  const shorten = (name: string) => name.replace('session_monitor.', '');
  return spans.map(({ name, above }) => `${shorten(nameOf(above))} > ${shorten(name)}`).sort();
}

const traces = (spans: readonly RecordedSpan[]): number =>
  new Set(spans.map((each) => each.trace)).size;

describe('a message', () => {
  test('is one trace: appends, run, what the responder calls, deliveries', async (lab) => {
    const called: (string | undefined)[] = [];
    const model = createServer(({ headers }, response) => {
      called.push(headers.traceparent as string);
      response.end('word');
    });
    const url = await listen(model);
    lab.defer(() => close(model));
    const responder: Responder = async function* () {
      for (const call of ['first', 'second']) {
        // As an instrumentation of `fetch` does it.
        yield await tracer.startActiveSpan(call, async (span) => {
          const { traceId, spanId } = span.spanContext();
          const answer = await fetch(url, {
            headers: { traceparent: `00-${traceId}-${spanId}-01` },
          });
          span.end();
          return answer.text();
        });
      }
    };
    const { app, spans, tracer } = await tracedApp(lab, { responder });
    const client = await lab.liveClient(app.url, { thread_id: THREAD });
    const answer = await fetch(
      `${app.url}/havefun`,
      jsonPost({ ...QUESTION, message_id: 'm' }, HEADERS),
    );
    await answer.text();
    await untilNamed(spans, 'deliver', 2);
    expect(tree(spans())).toEqual([
      '- > message',
      ...['message > append', 'message > deliver', 'message > deliver', 'message > run'],
      ...['run > append', 'run > first', 'run > second'],
    ]);
    const [message] = named(spans(), 'message');
    expect([traces(spans()), message?.links]).toEqual([1, [STRANGER.span]]);
    expect(called.map((header) => header?.slice(3, 35))).toEqual([message?.trace, message?.trace]);
    expect(message?.trace).not.toBe(STRANGER.trace);

    const run_id = answer.headers.get('x-run-id');
    const place = {
      'session_monitor.node': app.sessions.node,
      'session_monitor.thread_id': THREAD,
    };
    expect(message?.attributes).toEqual({
      ...place,
      'session_monitor.message_id': 'm',
      'session_monitor.run_id': run_id,
      'session_monitor.source': 'http',
      'session_monitor.published': true,
      'session_monitor.repeated': false,
    });
    expect(named(spans(), 'run')[0]).toMatchObject({
      events: ['session_monitor.turn'],
      attributes: {
        'session_monitor.run_id': run_id,
        'session_monitor.parts': 2,
        'session_monitor.status': 'completed',
      },
    });
    for (const { attributes, events } of named(spans(), 'deliver')) {
      expect(events).toEqual(['session_monitor.frame', 'session_monitor.acknowledged']);
      expect(attributes).toMatchObject({
        ...place,
        'session_monitor.from': 1,
        'session_monitor.to': 4,
        'session_monitor.events': 4,
        'session_monitor.outcome': 'acknowledged',
      });
    }
    const sessions = named(spans(), 'deliver').map(
      (each) => each.attributes['session_monitor.session_id'],
    );
    expect(new Set(sessions)).toEqual(new Set([client.monitor.status.session_id, undefined]));
  });

  test('tells neither payloads nor users, and nothing of it is in the log', async (lab) => {
    const responder: Responder = async function* () {
      yield 'a secret word';
      throw new ResponderError('out_of_words', 'a secret reason');
    };
    const authorize = () => ({ user_id: 'alice' });
    const { app, spans } = await tracedApp(lab, { responder, authorize });
    await lab.liveClient(app.url, { thread_id: THREAD, token: 'a-secret-token' });
    await (await postMessage(app.url, THREAD, 'a secret question')).text();
    await untilNamed(spans, 'deliver', 2);
    expect(named(spans(), 'run')[0]).toMatchObject({
      failure: 'out_of_words',
      attributes: { 'session_monitor.status': 'failed', 'error.type': 'out_of_words' },
    });
    expect(JSON.stringify(spans())).not.toMatch(/secret|alice|127\.0\.0\.1/);
    const log = await (
      await fetch(`${app.url}/threads/${THREAD}/events`, {
        headers: { accept: 'application/json' },
      })
    ).text();
    expect(log).toContain('a secret word');
    expect(log).not.toContain(spans()[0]?.trace);
  });

  test('is below the span of the program that sends it, and so is what its producer does', async (lab) => {
    const { app, spans, tracer } = await tracedApp(lab);
    await tracer.startActiveSpan('job', async (job) => {
      const run = await app.sessions.run(THREAD, { message: 'Go!' }, async function* () {
        try {
          tracer.startSpan('before').end();
          yield 'one';
          await new Promise((resolve) => setImmediate(resolve));
          tracer.startSpan('after').end();
          yield 'two';
        } finally {
          tracer.startSpan('at last').end();
        }
      });
      await run.result();
      job.end();
    });
    await untilNamed(spans, 'run');
    expect(tree(spans())).toEqual([
      ...['- > job', 'job > message', 'message > append', 'message > run'],
      ...['run > after', 'run > append', 'run > at last', 'run > before'],
    ]);
  });

  test('that is repeated says so, and one that is refused says why', async (lab) => {
    const { app, spans } = await tracedApp(lab);
    const send = (text: string) => app.sessions.sendMessage(THREAD, text, { message_id: 'm' });
    await (await send('Why?')).result();
    await send('Why?');
    await expect(send('How?')).rejects.toThrow('message_id_reused');
    const messages = await untilNamed(spans, 'message', 3);
    expect(
      messages.map(({ attributes, failure }) => [attributes['session_monitor.repeated'], failure]),
    ).toEqual([
      [false, undefined],
      [true, undefined],
      [undefined, 'message_id_reused'],
    ]);
    expect(named(spans(), 'run')).toHaveLength(1);
  });

  test('goes on with the trace of a request that the app accepts', async (lab) => {
    const acceptParents = () => true;
    const { app, spans } = await tracedApp(
      lab,
      {},
      { acceptParents, identities: true, genAi: true },
    );
    await (await fetch(`${app.url}/havefun`, jsonPost(QUESTION, HEADERS))).text();
    await untilNamed(spans, 'run');
    const [message] = named(spans(), 'message');
    expect(message).toMatchObject({ trace: STRANGER.trace, above: STRANGER.span, links: [] });
    expect(message?.attributes['client.address']).toBe('127.0.0.1');
    expect(named(spans(), 'run')[0]?.attributes['gen_ai.conversation.id']).toBe(THREAD);
  });
});

describe('an event', () => {
  test('that a client sends is a trace from its arrival to each reader', async (lab) => {
    const { app, spans } = await tracedApp(lab);
    const client = await lab.liveClient(app.url, { thread_id: THREAD });
    await lab.liveClient(app.url, { thread_id: THREAD, transport: 'polling' });
    expect(await client.monitor.send('note', { text: 'a secret' }, { message_id: 'm' })).toBe(1);
    await untilNamed(spans, 'deliver', 2);
    await untilNamed(spans, 'publish');
    expect(tree(spans())).toEqual([
      '- > publish',
      ...['publish > append', 'publish > deliver', 'publish > deliver'],
    ]);
    expect(named(spans(), 'publish')[0]?.attributes).toEqual({
      'session_monitor.node': app.sessions.node,
      'session_monitor.thread_id': THREAD,
      'session_monitor.session_id': client.monitor.status.session_id,
      'session_monitor.message_id': 'm',
      'session_monitor.source': 'socket',
      'session_monitor.offset': 1,
    });
    const transports = named(spans(), 'deliver').map(
      (each) => each.attributes['session_monitor.transport'],
    );
    expect(new Set(transports)).toEqual(new Set(['polling', 'websocket']));
    expect(JSON.stringify(spans())).not.toContain('secret');
  });

  test('that comes over HTTP has a link to the trace that its request names', async (lab) => {
    const { app, spans } = await tracedApp(lab);
    const url = `${app.url}/threads/${THREAD}/events`;
    const event = { event: 'note', data: 1 };
    expect((await fetch(url, jsonPost(event, HEADERS))).status).toBe(200);
    const [published] = await untilNamed(spans, 'publish');
    expect(published).toMatchObject({ links: [STRANGER.span] });
    expect(published?.above).toBeUndefined();
    expect(published?.attributes).toMatchObject({ 'session_monitor.source': 'http' });
  });
});

test('a reader that is cut off in the middle has two deliveries, while another one stays', async (lab) => {
  const { provider, spans } = recordSpans();
  const tracing = openTelemetry({ tracerProvider: provider });
  const { app, release } = await lab.heldApp({ tracing, store: createMemoryStore() });
  const options = { thread_id: THREAD, storage: createStorage() };
  const client = await lab.liveClient(app.url, options);
  // A node that nothing is delivered from learns nothing of the run meanwhile.
  await lab.liveClient(app.url, { thread_id: THREAD });
  const run = await app.sessions.sendMessage(THREAD, 'Hold!');
  await until('half of it is there', () => client.monitor.status.offset >= 6, {
    state: () => client.monitor.status,
  });
  client.socket.io.engine.close();
  await untilNamed(spans, 'deliver');
  await until('it is back', () => client.receipts.length === 2);
  release();
  await run.result();
  const deliveries = await untilNamed(spans, 'deliver', 3);
  expect(deliveries.map(({ attributes }) => attributes['session_monitor.outcome'])).toEqual([
    'left',
    'acknowledged',
    'acknowledged',
  ]);
  expect(traces(spans())).toBe(1);
});

test('two nodes share the trace of a message, which one takes and the other delivers', async (lab) => {
  const demo = { partsPerSecond: 500, words: 20, exact: true };
  const { nodes, redis } = await lab.nodes(2, { traced: true, demo });
  const [taking, delivering] = nodes;
  const client = await lab.liveClient(delivering.url, { thread_id: THREAD });
  const ask = async () =>
    (await fetch(`${taking.url}/havefun`, jsonPost(QUESTION, HEADERS))).text();
  await ask();
  const [delivered] = await untilNamed(() => delivering.spans(), 'deliver');
  await untilNamed(() => taking.spans(), 'run');
  const spans = [...(await taking.spans()), ...(await delivering.spans())];
  expect(traces(spans)).toBe(1);
  expect(tree(spans)).toEqual([
    '- > message',
    ...['message > append', 'message > deliver', 'message > deliver', 'message > run'],
    'run > append',
  ]);
  expect(delivered?.attributes).toMatchObject({
    'session_monitor.node': expect.stringMatching(/^node-2-/),
    'session_monitor.session_id': client.monitor.status.session_id,
    // A node that finds new events by looking, before the notice of them, does not learn where the run ends.
    'session_monitor.outcome': expect.stringMatching(/^(acknowledged|unknown)$/),
  });
  const [message] = named(spans, 'message');
  expect(message).toMatchObject({
    links: [STRANGER.span],
    attributes: { 'session_monitor.node': expect.stringMatching(/^node-1-/) },
  });
  const log = JSON.stringify(await redis.call('XRANGE', `sm:{${THREAD}}:log`, '-', '+'));
  expect(log).toContain('run_finished');
  expect(log).not.toContain(message?.trace);
  await until('a delivery is acknowledged', async () => {
    const deliveries = named(await delivering.spans(), 'deliver');
    const outcomes = deliveries.map(({ attributes }) => attributes['session_monitor.outcome']);
    if (outcomes.includes('acknowledged')) return true;
    await ask();
    return false;
  });
});

test('the command finds the provider that Node has loaded, and exports what is left when it stops', async (lab) => {
  const bodies: string[] = [];
  const collector = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      bodies.push(`${request.url} ${body}`);
      response.end('{}');
    });
  });
  const OTEL_EXPORTER_OTLP_ENDPOINT = await listen(collector);
  lab.defer(() => close(collector));
  const env = {
    NODE_OPTIONS: '--import ./examples/opentelemetry.js',
    OTEL_SERVICE_NAME: 'chat-of-a-test',
    OTEL_EXPORTER_OTLP_ENDPOINT,
  };
  const { server, url } = await lab.serve({ LOG_LEVEL: 'fatal', ...env });
  await (await postMessage(url, THREAD, 'Hello, in 3 words')).text();
  expect(await server.signal('SIGTERM')).toBe(0);
  const said = bodies.join('\n');
  expect(said).toMatch(/^\/v1\/traces /);
  for (const each of ['chat-of-a-test', 'session_monitor.message', 'session_monitor.run']) {
    expect(said).toContain(each);
  }
});
