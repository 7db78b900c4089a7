import { expect, test } from 'vitest';
import { HOST_PATTERN, listsHost } from './hosts.js';

const NAMES = ['chat.example.com', 'LOCALHOST:5001', '[::1]', '10.0.0.7:80'];

test.each([
  ['chat.example.com', true],
  ['Chat.Example.COM', true],
  ['chat.example.com:8443', true],
  ['localhost:5001', true],
  ['[::1]:5001', true],
  ['10.0.0.7:80', true],
  ['localhost', false],
  ['localhost:5002', false],
  ['10.0.0.7', false],
  ['chat.example.com.evil.example', false],
  ['evil.example/chat.example.com', false],
  ['a@chat.example.com', false],
  ['chat.example.com:', false],
  ['chat.example.com:x', false],
  ['chat.example.com.', false],
  ['', false],
  [undefined, false],
])('the host %s is listed: %s', (host, expected) => {
  expect(listsHost(NAMES, host)).toBe(expected);
});

test.each([
  ['chat.example.com', true],
  ['chat.example.com:8443', true],
  ['[::1]:5001', true],
  ['https://chat.example.com', false],
  ['chat.example.com/', false],
  ['*', false],
  ['', false],
])('%j is a host name: %s', (name, expected) => {
  expect(HOST_PATTERN.test(name)).toBe(expected);
});
