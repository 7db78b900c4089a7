import { expect, test } from 'vitest';
import { describeShared } from './permissions.js';

const DIRECTORY = 0o040000;
const FILE = 0o100000;

test.each([0o700, 0o500, 0o711])('a directory of mode %o is private', (mode) => {
  expect(describeShared('/data', [['/data', DIRECTORY | mode]])).toBeUndefined();
});

test.each([
  [0o755, '0755'],
  [0o750, '0750'],
  [0o730, '0730'],
  [0o704, '0704'],
  [0o702, '0702'],
])('a directory of mode %o is not', (mode, shown) => {
  expect(describeShared('/data', [['/data', DIRECTORY | mode]])).toBe(
    `other users can read or write it: /data has mode ${shown}. Run as its owner: chmod -R go-rwx /data`,
  );
});

test('every file that is not private is named, and no other', () => {
  const modes = [
    ['/data', DIRECTORY | 0o700],
    ['/data/data.mdb', FILE | 0o640],
    ['/data/lock.mdb', FILE | 0o600],
    ['/data/session-monitor.json', FILE | 0o664],
  ] as const;
  expect(describeShared('/data', modes)).toBe(
    'other users can read or write it: /data/data.mdb has mode 0640, /data/session-monitor.json has mode 0664. ' +
      'Run as its owner: chmod -R go-rwx /data',
  );
});

test('the path in the command is quoted for a shell if it has to be', () => {
  const commandFor = (path: string) =>
    describeShared(path, [[path, DIRECTORY | 0o755]])?.replace(/.*chmod/, 'chmod');
  expect(commandFor('/srv/chat data')).toBe("chmod -R go-rwx '/srv/chat data'");
  expect(commandFor("/srv/ada's")).toBe("chmod -R go-rwx '/srv/ada'\\''s'");
  expect(commandFor('/srv/$HOME')).toBe("chmod -R go-rwx '/srv/$HOME'");
});
