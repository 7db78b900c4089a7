/** What docs/testing.md says that Jest needs. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { test } from '../support/lab.js';
import { ROOT } from '../support/root.js';
import { Project } from './project.js';

const page = readFileSync(join(ROOT, 'docs', 'testing.md'), 'utf8');
const section = page.slice(page.indexOf('## With Jest'));

const USE = `
test('a monitor gets what the fake server publishes', () => {
  const server = fakeServer();
  const monitor = server.monitor({ thread_id: 't' });
  const seen = [];
  monitor.on('note', (note) => seen.push(note));
  monitor.start();
  server.publish('t', 'note', { n: 1 });
  return new Promise((resolve) => monitor.subscribe(({ offset }) => offset === 1 && resolve())).then(() => {
    expect(seen).toEqual([{ n: 1 }]);
    monitor.stop();
    server.close();
  });
});
`;

test('the packages load in Jest as the documentation says', async (lab) => {
  const project = await Project.create(lab);
  const [, install = ''] = /```sh\n(.*?)\n```/s.exec(section) ?? [];
  const [, config = ''] = /```js\n(.*?)```/s.exec(section) ?? [];
  await project.npm(install);
  await project.npm('npm install @session-monitor/testing');
  project.write(
    'common.test.js',
    `const { fakeServer } = require('@session-monitor/testing');${USE}`,
  );
  project.write('module.test.mjs', `import { fakeServer } from '@session-monitor/testing';${USE}`);

  const modules = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];
  const asModules = await project.run('node', [...modules, '--testMatch', '**/*.test.mjs']);
  expect(asModules, asModules.said).toMatchObject({ code: 0 });
  project.write('jest.config.js', config);
  const compiled = await project.run('npx', ['jest', 'common.test.js']);
  expect(compiled, compiled.said).toMatchObject({ code: 0 });
}, 180_000);
