import { expect, test } from 'vitest';
import { judgeOrigin, listedOrigins, type Scheme, sourceOf } from './origins.js';

const HOST = 'chat.example:5001';
const LOCAL = 'http://localhost:5173';
const LOOKS_LOCAL = { origin: 'http://localhost.evil.example', host: 'localhost:5001' };
const REFUSED = { allowed: false };

test.each([
  ['a program', {}, 'program'],
  ['a GET of the own page', { 'sec-fetch-site': 'same-origin' }, 'program'],
  ['an address that a person typed', { 'sec-fetch-site': 'none' }, 'program'],
  ['a page of the own origin', { origin: `https://${HOST}` }, 'own page'],
  [
    'a page of the own host under another scheme, as its browser says',
    { origin: `http://${HOST}`, 'sec-fetch-site': 'cross-site' },
    'foreign page',
  ],
  ['an image in a foreign page', { 'sec-fetch-site': 'cross-site' }, 'foreign page'],
  ['a script in a page of a sibling', { 'sec-fetch-site': 'same-site' }, 'foreign page'],
  ['a foreign page', { origin: 'https://evil.example' }, 'foreign page'],
  ['another port of the own host', { origin: 'https://chat.example:8080' }, 'foreign page'],
  ['a file', { origin: 'null' }, 'foreign page'],
  ['malformed', { origin: 'http://' }, 'foreign page'],
  ['a local page, and the server is not local', { origin: LOCAL }, 'foreign page'],
  ['a local page', { origin: LOCAL, host: '127.0.0.1:5001' }, 'local page'],
  ['a local page by IPv6', { origin: 'http://[::1]:5173', host: 'localhost:5001' }, 'local page'],
  ['a name that looks local', LOOKS_LOCAL, 'foreign page'],
])('%s', (_name, headers, source) => {
  expect(sourceOf({ host: HOST, ...headers })).toBe(source);
});

test('a page of the own host has the own scheme, where the server knows it', () => {
  const own = (origin: string, scheme?: Scheme) => sourceOf({ host: HOST, origin }, scheme);
  expect(own(`http://${HOST}`, 'https')).toBe('foreign page');
  expect(own(`https://${HOST}`, 'http')).toBe('foreign page');
  expect(own(`https://${HOST}`, 'https')).toBe('own page');
  // Behind a proxy with TLS a connection looks like HTTP.
  expect([own(`http://${HOST}`), own(`https://${HOST}`)]).toEqual(['own page', 'own page']);
});

test('a foreign page is let in by its origin only, and a local one in development', async () => {
  const foreign = { host: HOST, origin: 'https://app.example' };
  const local = { host: 'localhost:5001', origin: LOCAL };
  const judge = (headers: object, origins: string[], localPages: boolean) =>
    judgeOrigin({ ...headers }, listedOrigins(origins, localPages));
  const readableBy = (origin: string) => ({ allowed: true, readableBy: origin });
  expect(await judge(foreign, [], true)).toEqual(REFUSED);
  expect(await judge(foreign, [foreign.origin], false)).toEqual(readableBy(foreign.origin));
  expect(await judge(foreign, ['http://app.example'], false)).toEqual(REFUSED);
  expect(await judge(local, [], false)).toEqual(REFUSED);
  expect(await judge(local, [], true)).toEqual(readableBy(LOCAL));
  const withoutOrigin = { host: HOST, 'sec-fetch-site': 'cross-site' };
  expect(await judge(withoutOrigin, ['*'], true)).toEqual(REFUSED);
  expect(await judge({ host: HOST }, [], false)).toEqual({ allowed: true });
});
