import { expect, test } from 'vitest';
import { clientAddress, countedNetwork, networkOf } from './client-address.js';

const request = (remoteAddress: string, headers: Record<string, string> = {}) => ({
  headers,
  socket: { remoteAddress },
});
const strict = { trustProxy: false, exemptLocal: false };

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
  ['unknown', 'unknown'],
])('%s is counted under %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test.each<
  [name: string, peer: string, headers: Record<string, string>, trusted: boolean, expected: string]
>([
  ['a direct client', '::ffff:192.0.2.7', {}, false, '192.0.2.7'],
  [
    'a client that makes a header up',
    '192.0.2.7',
    { 'x-forwarded-for': '10.0.0.1' },
    false,
    '192.0.2.7',
  ],
  [
    'the last of several proxies',
    '192.0.2.7',
    { 'x-forwarded-for': '10.0.0.1, 198.51.100.2' },
    true,
    '198.51.100.2',
  ],
  [
    'a proxy on this machine',
    '127.0.0.1',
    { 'x-forwarded-for': '198.51.100.2' },
    false,
    '198.51.100.2',
  ],
  [
    'an address with a port',
    '127.0.0.1',
    { 'x-forwarded-for': '198.51.100.2:4711' },
    false,
    '198.51.100.2',
  ],
  [
    'the standard header',
    '::1',
    { forwarded: 'for=192.0.2.1, for="[2001:db8::5]:4711";proto=https' },
    true,
    '2001:db8::5',
  ],
  [
    'a header that names no address',
    '127.0.0.1',
    { 'x-forwarded-for': '_hidden' },
    false,
    '127.0.0.1',
  ],
  ['a trusted proxy that says nothing', '192.0.2.7', {}, true, '192.0.2.7'],
])('the address of %s', (_name, peer, headers, trustProxy, expected) => {
  expect(clientAddress(request(peer, headers), { trustProxy })).toBe(expected);
});

test('in development a program on this machine is not counted, and what a proxy passes on is', () => {
  const development = { ...strict, exemptLocal: true };
  expect(countedNetwork(request('127.0.0.1'), development)).toBeUndefined();
  const passedOn = request('127.0.0.1', { 'x-forwarded-for': '198.51.100.2' });
  expect(countedNetwork(passedOn, development)).toBe('198.51.100.2');
  expect(countedNetwork(request('192.0.2.7'), development)).toBe('192.0.2.7');
  expect(countedNetwork(request('127.0.0.2'), strict)).toBe('127.0.0.2');
});
