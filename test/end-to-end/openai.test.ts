import type { ServerResponse } from 'node:http';
import { createOpenAiResponder } from '@session-monitor/server/openai';
import { describe, expect } from 'vitest';
import { SERVE } from '../support/command.js';
import { begin, FakeOpenAi, refuses, says, send, USAGE, word } from '../support/fake-openai.js';
import { freePort } from '../support/free-port.js';
import { type Lab, test } from '../support/lab.js';
import { partsOf, postJson, type RunPart } from '../support/run-reader.js';
import { until } from '../support/until.js';

const THREAD = 'model';
const SOON = { 'retry-after-ms': '5' };

async function setUp(lab: Lab, settings = {}, maxRetries = 2) {
  const fake = await FakeOpenAi.start();
  lab.defer(() => fake.close());
  const responder = createOpenAiResponder({
    model: 'fake-1',
    apiKey: 'a-key',
    baseURL: fake.url,
    system: 'Be brief.',
    historyTokens: 100,
    maxRetries,
  });
  const { app, lines } = await lab.loggedApp({ responder, settings });
  const ask = async (user_input = 'Well?', more: object = {}): Promise<RunPart[]> => {
    const question = { user_input, thread_id: THREAD, use_websocket: true, ...more };
    return partsOf((await postJson(`${app.url}/havefun`, question)).text);
  };
  return { fake, app, ask, lines };
}

/** Says a word, and leaves the answer open. */
const saysHalf = (response: ServerResponse): void => {
  begin(response);
  send(response, word('Half'));
};

const textOf = (parts: readonly RunPart[]): string =>
  parts.flatMap(({ type, delta }) => (type === 'message' ? [String(delta)] : [])).join('');

describe('the responder openai', () => {
  test('streams the words, and reports the usage in the terminal part', async (lab) => {
    const { fake, ask } = await setUp(lab);
    const parts = await ask();
    const types = parts.map(({ type }) => type);
    expect(types).toEqual(['run_started', 'message', 'message', 'run_finished']);
    expect(textOf(parts)).toBe('Hello there');
    expect(parts.at(-1)).toMatchObject({
      status: 'completed',
      usage: { model: 'fake-1', finish_reason: 'stop', ...USAGE },
    });
    expect(fake.requests).toMatchObject([
      {
        key: 'Bearer a-key',
        model: 'fake-1',
        stream: true,
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Well?' },
        ],
      },
    ]);
  });

  test('sends the earlier conversation along, as much of its end as fits', async (lab) => {
    const { fake, app, ask } = await setUp(lab);
    await ask('First?');
    await app.sessions.publish(THREAD, 'message', { delta: 'of no run' });
    await ask('Second?');
    // A reply without use_websocket is not part of the conversation.
    await ask('In private?', { use_websocket: false });
    await ask('Third?');
    const said = [
      ['user', 'First?'],
      ['assistant', 'Hello there'],
      ['user', 'Second?'],
      ['assistant', 'Hello there'],
      ['user', 'Third?'],
    ];
    const messages = () =>
      (fake.requests.at(-1)?.messages ?? []).slice(1).map(({ role, content }) => [role, content]);
    expect(messages()).toEqual(said);
    // 100 tokens are 300 bytes: this question and its reply do not fit together with the next.
    await ask(`${'long '.repeat(55)}?`);
    await ask('Last?');
    const beginnings = messages().map(([, content]) => content?.slice(0, 5));
    expect(beginnings).toEqual(['long ', 'Hello', 'Last?']);
  });

  test('retries after 429 and 500, before the first chunk', async (lab) => {
    const { fake, ask } = await setUp(lab);
    fake.answers = [refuses(429, SOON), refuses(500, SOON), says('Finally')];
    const parts = await ask();
    expect([textOf(parts), parts.at(-1)?.status]).toEqual(['Finally', 'completed']);
    expect(fake.requests.length).toBe(3);
  });

  for (const [status, code] of [
    [429, 'upstream_busy'],
    [500, 'upstream_failed'],
    [401, 'upstream_refused'],
  ] as const) {
    test(`fails with ${code} when every answer is ${status}`, async (lab) => {
      const { fake, ask, lines } = await setUp(lab, {}, 1);
      fake.answers = [refuses(status, SOON)];
      const parts = await ask();
      expect(parts.map(({ type }) => type)).toEqual(['run_started', 'run_finished']);
      expect(parts.at(-1)).toMatchObject({ status: 'failed', error: { code } });
      expect(JSON.stringify(parts)).not.toContain('secret');
      expect(fake.requests.length).toBe(status === 401 ? 1 : 2);
      // The log for the operator says more than the reply.
      expect(JSON.stringify(lines)).toContain('secret reason');
    });
  }

  test('fails with what it had when a chunk cannot be read', async (lab) => {
    const { fake, ask } = await setUp(lab);
    fake.answers = [
      (response) => {
        saysHalf(response);
        send(response, '{"choices":[{"delta":{"content":');
        response.end();
      },
    ];
    const parts = await ask();
    expect(textOf(parts)).toBe('Half');
    expect(parts.at(-1)).toMatchObject({ status: 'failed', error: { code: 'upstream_malformed' } });
    expect(fake.requests.length).toBe(1);
  });

  for (const how of ['ends', 'breaks'] as const) {
    test(`fails with what it had when the stream ${how} in the middle`, async (lab) => {
      const { fake, ask } = await setUp(lab);
      fake.answers = [
        (response) => {
          begin(response);
          response.write(`data: ${JSON.stringify(word('Half'))}\n\n`, () => {
            if (how === 'ends') response.end();
            else response.socket?.resetAndDestroy();
          });
        },
      ];
      const parts = await ask();
      expect(parts.at(-1)).toMatchObject({ status: 'failed', error: { code: 'upstream_cut' } });
    });
  }

  test('skips empty chunks', async (lab) => {
    const { fake, ask } = await setUp(lab);
    fake.answers = [
      (response) => {
        begin(response);
        send(response, { choices: [] });
        send(response, {});
        send(response, { choices: [{ delta: { content: null } }] });
        send(response, word('Word'));
        send(response, { choices: [{ delta: {}, finish_reason: 'length' }] });
        response.end();
      },
    ];
    const parts = await ask();
    expect(textOf(parts)).toBe('Word');
    expect(parts.at(-1)).toMatchObject({ status: 'completed', usage: { finish_reason: 'length' } });
  });

  test('that stalls ends as failed, and aborts the request to the model', async (lab) => {
    const { fake, ask } = await setUp(lab, { runStallMs: 2_000 });
    fake.answers = [saysHalf];
    const parts = await ask();
    expect(textOf(parts)).toBe('Half');
    expect(parts.at(-1)).toMatchObject({ status: 'failed', error: { code: 'responder_stalled' } });
    await until('the model is let go of', () => fake.abandoned === 1);
  });

  test('that is cancelled aborts the request to the model at once', async (lab) => {
    const { fake, app } = await setUp(lab);
    fake.answers = [saysHalf];
    const question = { user_input: 'Well?', thread_id: THREAD, use_websocket: true };
    let run_id: string | undefined;
    const answer = postJson(`${app.url}/havefun`, question, {
      onChunk: (text) => {
        if (text.includes('Half')) run_id = partsOf(text)[0]?.run_id;
      },
    });
    await until('it has begun', () => run_id);
    const url = `${app.url}/threads/${THREAD}/runs/${run_id}/cancel`;
    expect((await postJson(url, {})).status).toBe(200);
    const parts = partsOf((await answer).text);
    expect([textOf(parts), parts.at(-1)?.status]).toEqual(['Half', 'cancelled']);
    await until('the model is let go of', () => fake.abandoned === 1);
  });

  test('fails with a code when the model cannot be reached', async (lab) => {
    const baseURL = `http://127.0.0.1:${await freePort()}/v1`;
    const responder = createOpenAiResponder({ model: 'fake-1', baseURL, maxRetries: 0 });
    const { app } = await lab.loggedApp({ responder });
    const question = { user_input: 'Well?', thread_id: THREAD };
    const parts = partsOf((await postJson(`${app.url}/havefun`, question)).text);
    expect(parts.at(-1)).toMatchObject({ error: { code: 'upstream_unreachable' } });
  });
});

describe('RESPONDER', () => {
  const start = async (lab: Lab, env: Record<string, string>) => {
    const { url } = await lab.serve({ LOG_LEVEL: 'fatal', ...env });
    return async (user_input: string) => {
      const question = { user_input, thread_id: THREAD, use_websocket: true };
      return textOf(partsOf((await postJson(`${url}/havefun`, question)).text));
    };
  };

  test('openai asks the model that the environment names', async (lab) => {
    const fake = await FakeOpenAi.start();
    lab.defer(() => fake.close());
    const ask = await start(lab, {
      RESPONDER: 'openai',
      OPENAI_BASE_URL: fake.url,
      OPENAI_MODEL: 'fake-1',
      OPENAI_API_KEY: 'from-the-environment',
    });
    expect(await ask('Well?')).toBe('Hello there');
    expect(fake.requests[0]).toMatchObject({ model: 'fake-1', key: 'Bearer from-the-environment' });
  });

  test('a path names a custom responder, as in the example', async (lab) => {
    const ask = await start(lab, { RESPONDER: 'examples/responder.js' });
    expect(await ask('Why?')).toBe('You asked “Why?”, after 0 other questions.');
    expect(await ask('How?')).toBe('You asked “How?”, after 1 other questions.');
  });

  test('without a model, or with a missing module, gives one line, exit code 2', async (lab) => {
    const mistakes = [
      [{ RESPONDER: 'openai' }, /^OPENAI_MODEL is empty\./],
      [{ RESPONDER: 'openai', OPENAI_MODEL: 'm' }, /^OPENAI_API_KEY is empty\./],
      [
        { RESPONDER: './none.js' },
        /^RESPONDER is "\.\/none\.js"\. Allowed: demo, openai, or a module/,
      ],
    ] as const;
    for (const [env, message] of mistakes) {
      const DATA_DIR = await lab.folder();
      const server = lab.command(process.execPath, SERVE, {
        env: { PORT: '0', DATA_DIR, ...env },
      });
      expect(await server.exitCode()).toBe(2);
      expect(server.stderr).toMatch(message);
      expect(server.stderr.trimEnd().split('\n').length).toBe(1);
    }
  });
});
