import { describe, expect, test } from 'vitest';
import { type DebugPolicy, type DebugRequest, judgeDebugAccess, type KeyNeed } from './gate.js';

const KEY = 'a-long-key-of-this-test-alone';
const development: DebugPolicy = { development: true, key: undefined, keyInUrl: false };
const production: DebugPolicy = { development: false, key: KEY, keyInUrl: false };

/** A request as a browser at this machine makes it for a typed address. */
const local = {
  peer: '127.0.0.1',
  headers: { host: 'localhost:5001', 'sec-fetch-site': 'none' } as Record<string, string>,
  api_key: undefined as unknown,
};

const OURS = { origin: 'http://localhost:5001', 'sec-fetch-site': 'same-origin' };

type Change = Partial<Omit<DebugRequest, 'headers'>> & {
  readonly headers?: Readonly<Record<string, string | undefined>>;
};

function judge(policy: DebugPolicy, need: boolean | KeyNeed, { headers, ...change }: Change) {
  const merged = { ...local.headers, ...headers };
  const kept = Object.entries(merged).filter(([, value]) => value !== undefined);
  const request = { ...local, ...change, headers: Object.fromEntries(kept) };
  const asked = typeof need === 'boolean' ? { needsKey: need } : need;
  return judgeDebugAccess(request as DebugRequest, policy, asked);
}

describe('the gate in development', () => {
  const open: readonly [name: string, change: Change][] = [
    ['a typed address', {}],
    ['curl', { headers: { 'sec-fetch-site': undefined } }],
    ['IPv6', { peer: '::1', headers: { host: '[::1]:5001' } }],
    ['IPv4 mapped to IPv6', { peer: '::ffff:127.0.0.1' }],
    ['127.0.0.1', { headers: { host: '127.0.0.1:5001' } }],
    ['another loopback address', { peer: '127.9.9.9' }],
    ['a page of ours', { headers: OURS }],
  ];
  test.each(open)('is open to %s, but for the one that needs a key', (_name, change) => {
    expect(judge(development, false, change)).toBe('granted');
    expect(judge(development, true, change)).toBe('key_required');
    const keyed = (api_key: string) => judge(development, true, { ...change, api_key });
    expect(keyed('debug_websocket_key')).toBe('granted');
    expect(keyed('debug_websocket_kez')).toBe('key_required');
  });

  const closed: readonly [name: string, change: Change][] = [
    ['another machine', { peer: '192.168.1.7' }],
    ['an unknown peer', { peer: undefined }],
    ['a name that was pointed here', { headers: { host: 'evil.example' } }],
    ['a name that looks like ours', { headers: { host: 'localhost.evil.example' } }],
    ['no host', { headers: { host: undefined } }],
    ['a page of another origin', { headers: { origin: 'https://evil.example' } }],
    ['a page of another port', { headers: { origin: 'http://localhost:8080' } }],
    ['a sandboxed page', { headers: { origin: 'null' } }],
    ['a link on another site', { headers: { 'sec-fetch-site': 'cross-site' } }],
    ['a page of a sibling', { headers: { 'sec-fetch-site': 'same-site' } }],
  ];
  const proxied: readonly [name: string, change: Change][] = [
    ['X-Forwarded-For', { headers: { 'x-forwarded-for': '127.0.0.1' } }],
    ['X-Forwarded-Host', { headers: { 'x-forwarded-host': 'localhost' } }],
    ['X-Forwarded-Anything', { headers: { 'x-forwarded-anything': '' } }],
    ['Forwarded', { headers: { forwarded: 'for=127.0.0.1' } }],
    ['Via', { headers: { via: '1.1 proxy' } }],
    ['X-Real-IP', { headers: { 'x-real-ip': '127.0.0.1' } }],
  ];
  test.each([
    ...closed.map((each) => [...each, 'hidden'] as const),
    ...proxied.map((each) => [...each, 'proxied'] as const),
  ])('is closed to %s', (_name, change, verdict) => {
    for (const needsKey of [true, false]) {
      expect(judge(development, needsKey, change)).toBe(verdict);
      const withDefault = { ...change, api_key: 'debug_websocket_key' };
      expect(judge(development, needsKey, withDefault)).toBe(verdict);
      expect(judge(production, needsKey, change)).toBe('hidden');
      const keyed = { ...development, key: KEY };
      const authorization = `Bearer ${KEY}`;
      const headers = { ...change.headers, authorization };
      expect(judge(keyed, needsKey, { ...change, headers })).toBe('granted');
    }
  });

  test.each(proxied)(
    'takes no key through a proxy that production would refuse: %s',
    (_name, change) => {
      for (const key of ['debug_websocket_key', 'short']) {
        const headers = { ...change.headers, authorization: `Bearer ${key}` };
        expect(judge({ ...development, key }, true, { ...change, headers })).toBe('proxied');
        expect(judge({ ...development, key }, true, { api_key: key })).toBe('granted');
      }
    },
  );

  test('takes a configured key in place of the documented one', () => {
    const keyed = { ...development, key: KEY };
    expect(judge(keyed, true, { api_key: 'debug_websocket_key' })).toBe('key_required');
    expect(judge(keyed, true, { api_key: KEY })).toBe('granted');
  });
});

describe('the gate in production', () => {
  test('shows nothing without the key, from wherever', () => {
    for (const needsKey of [true, false]) {
      expect(judge(production, needsKey, {})).toBe('hidden');
      expect(judge(production, needsKey, { api_key: 'debug_websocket_key' })).toBe('hidden');
      const wrong = { headers: { authorization: `Bearer ${KEY}x` } };
      expect(judge(production, needsKey, wrong)).toBe('hidden');
      expect(judge({ ...production, key: undefined }, needsKey, {})).toBe('hidden');
      const empty = { headers: { authorization: 'Bearer ' } };
      expect(judge({ ...production, key: undefined }, needsKey, empty)).toBe('hidden');
    }
  });

  test('takes the key as a bearer token, in the URL only if that is allowed', () => {
    const right = { headers: { authorization: `Bearer ${KEY}` }, peer: '203.0.113.7' };
    expect(judge(production, true, right)).toBe('granted');
    expect(judge(production, true, { api_key: KEY })).toBe('hidden');
    expect(judge({ ...production, keyInUrl: true }, true, { api_key: KEY })).toBe('granted');
    expect(judge({ ...production, keyInUrl: true }, true, { api_key: [KEY] })).toBe('hidden');
  });
});

describe('the gate of a route that another key opens, too', () => {
  const OWN = 'another-long-key-of-this-test';
  const bearer = (key: string) => ({
    headers: { authorization: `Bearer ${key}` },
    peer: '203.0.113.7',
  });
  const need = { needsKey: false, ownKey: OWN };

  test('takes that key and the one of the others, which do not take it', () => {
    for (const key of [OWN, KEY]) expect(judge(production, need, bearer(key))).toBe('granted');
    expect(judge(production, false, bearer(OWN))).toBe('hidden');
    expect(judge({ ...production, key: undefined }, need, bearer(OWN))).toBe('granted');
    expect(judge({ ...production, key: undefined }, need, bearer(KEY))).toBe('hidden');
  });

  test('shows nothing without it, nor for one that is short', () => {
    for (const change of [{}, bearer(`${OWN}x`), { api_key: OWN }]) {
      expect(judge(production, need, change)).toBe('hidden');
    }
    const weak = { needsKey: false, ownKey: 'short' };
    expect(judge(production, weak, bearer('short'))).toBe('hidden');
    expect(judge(production, { needsKey: false, ownKey: '' }, bearer(''))).toBe('hidden');
  });

  test('is open in development at this machine, as the others', () => {
    expect(judge(development, need, {})).toBe('granted');
    expect(judge(development, { ...need, needsKey: true }, { api_key: OWN })).toBe('granted');
  });
});
