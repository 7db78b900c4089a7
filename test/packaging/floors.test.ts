/** The packages that parse what strangers send: no copy of them is installed that is older than its newest fix. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/root.js';

const FLOORS = [
  ['engine.io', '6.6.12'],
  ['socket.io-parser', '4.2.7'],
  ['ws', '8.21.3'],
] as const;

const versionIn = (text: string): string => (JSON.parse(text) as { version: string }).version;
const numbersOf = (version: string): number[] => version.split('.').map(Number.parseFloat);

function isOlder(version: string, floor: string): boolean {
  const [ours, least] = [numbersOf(version), numbersOf(floor)];
  const index = ours.findIndex((number, place) => number !== least[place]);
  return index !== -1 && (ours[index] ?? 0) < (least[index] ?? 0);
}

/** Where the lockfile puts copies of a package. */
function copiesOf(name: string): readonly string[] {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, unknown>>;
  };
  return Object.keys(lock.packages).filter((path) => path.endsWith(`node_modules/${name}`));
}

test.each(FLOORS)('every installed copy of %s is %s or newer', (name, floor) => {
  const copies = copiesOf(name).map((path) => {
    const version = versionIn(readFileSync(join(ROOT, path, 'package.json'), 'utf8'));
    return { path, version };
  });
  expect(copies).not.toEqual([]);
  expect(copies.filter(({ version }) => isOlder(version, floor))).toEqual([]);
});

test('a version is compared number by number', () => {
  expect(isOlder('6.6.9', '6.6.12')).toBe(true);
  expect(isOlder('4.2.7', '4.2.7')).toBe(false);
  expect(isOlder('8.23.0', '8.21.3')).toBe(false);
  expect(isOlder('5.9.9', '6.0.0')).toBe(true);
});
