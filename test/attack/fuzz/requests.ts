/** HTTP requests as bytes: methods, paths, headers, lengths and bodies that are wrong, and right ones with nonsense in them. */

import type { Random } from '../../simulation/time/random.js';
import { times } from '../../support/until.js';
import { mangled, nastyJson, nastyString } from './nasty.js';
import { pollingPayload } from './payloads.js';

const METHODS = [
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'get',
  'BREW',
  '',
] as const;
const PATHS = [
  '/',
  '/havefun',
  '/threads',
  '/threads/x/events',
  '/threads/x/events?since=0',
  '/threads/x/events?as=frames',
  '/threads/x/runs/y/cancel',
  '/threads/x',
  '/revocations',
  '/healthz',
  '/readyz',
  '/debug',
  '/debug/sessions',
  '/debug/sessions?q=x&state=active&limit=1',
  '/debug/sessions/x',
  '/debug/threads/x/runs?after=1.x',
  '/openapi.json',
  '/session_monitor.js',
  '/socket.io/?EIO=4&transport=polling',
  '/socket.io/?EIO=4&transport=websocket',
  '/socket.io/?EIO=3&transport=polling',
  '/socket.io/?EIO=4&transport=polling&sid=x',
  '/socket.io/?EIO=4&transport=polling&j=0',
  '/socket.io?EIO=4',
] as const;
const HEADERS = [
  'Content-Type: application/json',
  'Content-Type: text/plain',
  'Content-Type: application/json; charset=x',
  'Accept: application/json',
  'Accept: text/event-stream',
  'Authorization: Bearer x',
  'Authorization: Bearer',
  'Authorization: Basic ====',
  'Origin: https://evil.example',
  'Origin: null',
  'Sec-Fetch-Site: cross-site',
  'Last-Event-ID: epoch.0.0',
  'Idempotency-Key: "x"',
  'Idempotency-Key: \u0001',
  'X-Forwarded-For: 1.2.3.4',
  'Forwarded: for=_x;proto=https',
  'Connection: close',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Upgrade: x',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Version: 99',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Key: x',
  'Expect: 100-continue',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Cookie: io=x',
  'If-None-Match: *',
] as const;
const VERSIONS = [
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  'HTTP/9',
  'ICY',
] as const;

export function httpRequest(random: Random): Buffer {
  const text = requestText(random);
  return Buffer.from(random.chance(0.1) ? mangled(random, text) : text);
}

function requestText(random: Random): string {
  const body = random.chance(0.6) ? bodyOf(random) : '';
  const lines = [
    `${methodOf(random)} ${pathOf(random)} ${random.pick(VERSIONS)}`,
    ...(random.chance(0.95) ? ['Host: 127.0.0.1'] : []),
    ...times(random.int(0, 5), () => headerOf(random)),
    ...(random.chance(0.8) ? [`Content-Length: ${lengthOf(random, body)}`] : []),
  ];
  return `${lines.join(random.chance(0.97) ? '\r\n' : '\n')}\r\n\r\n${body}`;
}

const methodOf = (random: Random): string =>
  random.chance(0.6) ? random.pick(['GET', 'POST']) : random.pick(METHODS);

function pathOf(random: Random): string {
  if (random.chance(0.6)) return random.pick(PATHS);
  const nasty = nastyString(random);
  const name = random.chance(0.7)
    ? encodeURIComponent(nasty.replace(/\p{Surrogate}/gu, ''))
    : nasty;
  return random.pick([
    `/${name}`,
    `/threads/${name}/events`,
    `/threads/x/events?since=${name}`,
    `/socket.io/?EIO=4&transport=${name}`,
    `/threads/%ZZ/events`,
    `http://evil.example/${name}`,
    `/threads/x/runs/${name}/cancel`,
  ]);
}

function headerOf(random: Random): string {
  if (random.chance(0.8)) return random.pick(HEADERS);
  return `X-${random.name(3)}: ${nastyString(random)}`;
}

function lengthOf(random: Random, body: string): string {
  const length = Buffer.byteLength(body);
  return random.chance(0.9)
    ? String(length)
    : random.pick(['0', '-1', '1e3', `${length + 5}`, '99999999999999999999', ' 3 3']);
}

function bodyOf(random: Random): string {
  switch (random.int(0, 3)) {
    case 0:
      return JSON.stringify({ event: nastyString(random), data: JSON.parse(nastyJson(random)) });
    case 1:
      return pollingPayload(random);
    case 2:
      return mangled(random, '{"user_input":"Why?","thread_id":"x","use_websocket":true}');
    default:
      return nastyJson(random);
  }
}
