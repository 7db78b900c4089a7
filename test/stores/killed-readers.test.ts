/** A process that reads the database and is killed, as a backup may be. */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ROOT } from '../support/command.js';
import { test } from '../support/lab.js';
import { openWithTables } from '../support/lmdb.js';
import { until } from '../support/until.js';

/** Holds a snapshot until it is killed. */
const READER = `
  import { open } from 'lmdb';
  const database = open({ path: process.argv[1], readOnly: true, noSubdir: false });
  database.useReadTransaction();
  console.log('it holds a snapshot');
  setInterval(() => {}, 1_000);
`;
const VALUE_BYTES = 100_000;
const COMMITS = 400;

test('the file stops growing after a reader was killed, because its pages are reused', async (lab) => {
  const path = await lab.folder();
  const { store, environment } = await openWithTables({ path });
  lab.defer(() => store.close());
  const overwrite = async (times: number) => {
    for (let time = 0; time < times; time += 1) {
      const value = Buffer.alloc(VALUE_BYTES, time);
      await environment.commit([{ table: 'meta', key: Buffer.from('overwritten'), value }]);
    }
  };
  await overwrite(10);
  // The reader starts after the store. Before it, the reader would count as another process in the directory.
  const reader = lab.command(process.execPath, ['--input-type=module', '-e', READER, path], {
    cwd: join(ROOT, 'packages', 'server'),
  });
  await until('it reads', () => reader.stdout.includes('snapshot'));
  const { size: before } = await stat(join(path, 'data.mdb'));
  await overwrite(30);
  const { size: held } = await stat(join(path, 'data.mdb'));
  // While the reader is alive, LMDB overwrites no page of its snapshot.
  expect(held - before).toBeGreaterThan(20 * VALUE_BYTES);

  await reader.signal('SIGKILL');
  await overwrite(COMMITS);
  const { size: after } = await stat(join(path, 'data.mdb'));
  expect(after - held).toBeLessThan((COMMITS / 2) * VALUE_BYTES);
});
