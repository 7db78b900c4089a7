/** A log that cannot be written: the server goes on, and writes again when it can. */

import { expect } from 'vitest';
import { SERVE } from '../support/command.js';
import { freePort } from '../support/free-port.js';
import { type Lab, test } from '../support/lab.js';
import { isReady } from '../support/ready.js';
import { until } from '../support/until.js';

/** Each has a line in the log. */
async function useServer(lab: Lab, url: string): Promise<void> {
  for (const n of [1, 2, 3]) {
    const client = await lab.liveClient(url, { thread_id: 'a' });
    expect(await client.monitor.send('note', { n })).toBe(n);
    client.close();
  }
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
}

test('a full disk below the log ends no server', async (lab) => {
  const PORT = String(await freePort());
  const command = [process.execPath, ...SERVE].map((each) => `'${each}'`).join(' ');
  const env = { PORT, DATA_DIR: await lab.folder() };
  const server = lab.command('sh', ['-c', `exec ${command} > /dev/full 2>&1`], { env });
  const url = `http://127.0.0.1:${PORT}`;
  await until('it serves', () => isReady(url));
  await useServer(lab, url);
  expect(await server.signal('SIGTERM')).toBe(0);
});

test('a reader of the log that has gone ends no server', async (lab) => {
  const { server, url } = await lab.serve();
  server.hangUp();
  await useServer(lab, url);
  expect(await server.signal('SIGTERM')).toBe(0);
});
