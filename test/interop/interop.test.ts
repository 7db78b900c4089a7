/** Peers in another language, from Debian's packages, which know nothing of this project. */

import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { publish } from '../support/app.js';
import { EVENT } from '../support/client.js';
import type { Command } from '../support/command.js';
import { jsonPost, postMessage } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';
import { partsOf } from '../support/run-reader.js';
import { range, until } from '../support/until.js';

/** Debian's Python: only that one has Debian's packages. */
const PYTHON = '/usr/bin/python3';
const THREAD = 'interop';
/** A Python client that times out on a busy machine does not reconnect by itself. */
const PATIENT = { pingInterval: 25_000, pingTimeout: 20_000 };
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

describe('SessionMonitor on a Flask-SocketIO backend', () => {
  for (const transport of ['polling', 'websocket', 'upgrade'] as const) {
    test(`registers, pings, answers, comes back and gets what it missed (${transport})`, async (lab) => {
      const backend = await flask(lab);
      const { monitor, socket, seen, errors } = lab.client(backend.url, {
        thread_id: THREAD,
        transport,
        pingInterval: 100,
      });
      const updates: unknown[] = [];
      socket.on('analysis_update', (data) => updates.push(data));
      await until('live', () => monitor.status.rtt_ms !== null, { state: () => monitor.status });
      expect(monitor.status).toMatchObject({ state: 'live', protocol: 1, exactly_once: false });

      await backend.send(EVENT, { type: 'message', n: 1 });
      await until('applied', () => seen.length === 1);
      await backend.send('system_ping', { timestamp: 'then', message: 'Hello?' });
      await until('answered', async () =>
        (await backend.heard()).some(([name]) => name === 'system_ping_response'),
      );

      await backend.kick();
      await until('noticed', () => monitor.status.reconnects === 1);
      await until('live again', () => monitor.status.state === 'live');
      await backend.send(EVENT, { type: 'message', n: 2 });
      await until('applied', () => seen.includes(2));

      socket.disconnect();
      await until('no member is left', async () => (await backend.members()) === 0);
      await backend.send(EVENT, { type: 'message', n: 3 });
      await backend.send('analysis_update', { type: 'analysis', n: 4 });
      socket.connect();
      await until('missed messages', () => updates.length === 1, { state: () => seen });
      expect(seen).toContain(3);
      const names = (await backend.heard()).map(([name]) => name);
      expect(names.filter((name) => name === 'register_session').length).toBe(3);
      expect(names.filter((name) => name === 'request_missed_messages').length).toBe(2);
      expect(errors).toEqual([]);
    });
  }
});

describe('a python-socketio client', () => {
  for (const transport of ['polling', 'websocket'] as const) {
    test(`registers, pings, asks, and gets what it missed (${transport})`, async (lab) => {
      const app = await lab.app({ socketIo: { pingInterval: 1_000, pingTimeout: 4_000 } });
      const client = lab.command(PYTHON, [path('python_client.py'), app.url, THREAD, transport]);
      const events = () =>
        client.stdout
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as [string, Record<string, unknown>[]]);
      const of = (name: string) => events().filter(([event]) => event === name);
      const waitFor = (name: string, count = 1) =>
        until(`${count} × ${name}`, () => of(name).length >= count && of(name).at(-1)?.[1][0], {
          state: () => client.stderr,
        });

      expect(await waitFor('session_registered')).toMatchObject({
        status: 'ready',
        thread_id: THREAD,
        transport,
        is_in_room: true,
      });
      client.tell('ping');
      expect(await waitFor('pong')).toMatchObject({ pong: true, thread_id: THREAD, transport });

      const response = await postMessage(app.url, THREAD, 'hello');
      const parts = partsOf(await response.text());
      await waitFor('run_finished');
      const names = new Set(['run_started', 'analysis_update', 'knowledge', 'next_action']);
      for (const name of [...names, 'message', 'run_finished']) await waitFor(name);
      const got = events().filter(([, [data]]) => data?.run_id !== undefined);
      const text = (values: unknown[]) => values.map((value) => JSON.stringify(value)).sort();
      expect(text(got.map(([, [data]]) => data))).toEqual(text(parts));

      client.tell('disconnect');
      await until('gone', () => app.sessions.stats().connections === 0);
      await publish(app, THREAD, 1, 20);
      client.tell('connect');
      expect(await waitFor('session_registered', 2)).toMatchObject({
        missed_messages: { available: true },
      });
      const numbers = () => of(EVENT).flatMap(([, [data]]) => (data?.n as number) ?? []);
      await until('the missed ones', () => numbers().length >= 20, { state: () => client.stderr });
      // The client handles each event in a separate thread, so their order is not ours to check.
      const sorted = numbers().sort((a, b) => a - b);
      expect(sorted).toEqual(range(1, 20));

      for (const [command, answer] of [
        ['request_missed_messages', 'missed_messages_status'],
        ['force_room_join', 'room_joined'],
        ['debug_socket_status', 'debug_status'],
      ] as const) {
        client.tell(command);
        await waitFor(answer);
      }
      client.tell('quit');
      expect(await client.exitCode()).toBe(0);
      expect(client.stderr).toBe('');
    });
  }

  test('answers a system_ping and stays', async (lab) => {
    const app = await lab.app({
      settings: { idleAfterMs: 300, expireAfterMs: 60_000, sweepIntervalMs: 10 },
      socketIo: PATIENT,
    });
    const client = lab.command(PYTHON, [path('python_client.py'), app.url, THREAD, 'websocket']);
    await until('acknowledged', () => client.stdout.includes('"acknowledged"'));
    expect(app.sessions.stats().sessions).toBe(1);
    client.tell('quit');
    expect(await client.exitCode()).toBe(0);
  });
});

interface Flask {
  readonly url: string;
  send(event: string, data: object): Promise<void>;
  kick(): Promise<void>;
  heard(): Promise<[string, object][]>;
  members(): Promise<number>;
}

async function flask(lab: Lab): Promise<Flask> {
  const command: Command = lab.command(PYTHON, [path('flask_backend.py')]);
  const [port] = await command.says(/^\d+$/m);
  const url = `http://127.0.0.1:${port}`;
  const post = async (route: string, body: object) => {
    const response = await fetch(`${url}${route}`, jsonPost(body));
    expect(response.status).toBe(200);
  };
  return {
    url,
    send: (event, data) => post('/send', { thread_id: THREAD, event, data }),
    kick: () => post('/kick', {}),
    heard: async () => (await fetch(`${url}/heard`)).json() as Promise<[string, object][]>,
    members: async () => (await fetch(`${url}/members`)).json() as Promise<number>,
  };
}
