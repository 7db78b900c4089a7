import { expect, test } from 'vitest';
import { silentLogger } from '../observe/trace.js';
import { OriginCheck, type OriginCheckDeps } from './origin-check.js';
import { listedOrigins } from './origins.js';

const HOST = 'chat.example.com';

function stage(options: Partial<OriginCheckDeps> = {}) {
  const lines: object[] = [];
  let now = 0;
  const check = new OriginCheck({
    policy: listedOrigins([], false),
    loopbackOnly: false,
    clock: { now: () => now },
    logger: { ...silentLogger, warn: (facts: object) => void lines.push(facts) },
    logAddresses: true,
    ...options,
  });
  const isAdmitted = async (headers: object, socket: object = {}) =>
    (await check.admit({ headers: { host: HOST, ...headers }, socket })).ok;
  return {
    isAdmitted,
    lines,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

test('the own page has the scheme of the TLS connection', async () => {
  const { isAdmitted } = stage();
  const tls = { encrypted: true };
  expect(await isAdmitted({ origin: `https://${HOST}` }, tls)).toBe(true);
  expect(await isAdmitted({ origin: `http://${HOST}` }, tls)).toBe(false);
});

test('what a proxy says of the scheme counts if the app trusts the proxy, and only then', async () => {
  const page = { origin: `http://${HOST}`, 'x-forwarded-proto': 'https' };
  expect(await stage().isAdmitted(page)).toBe(true);
  expect(await stage({ trustProxy: true }).isAdmitted(page)).toBe(false);
  const { isAdmitted } = stage({ trustProxy: true });
  expect(await isAdmitted({ ...page, origin: `https://${HOST}` })).toBe(true);
  expect(await isAdmitted({ origin: `http://${HOST}` })).toBe(true);
  // The connection itself is better proof.
  const plain = { origin: `http://${HOST}`, 'x-forwarded-proto': 'http' };
  expect(await isAdmitted(plain, { encrypted: true })).toBe(false);
});

test('what a proxy has passed on is refused in development, with what to configure', async () => {
  const headers = ['forwarded', 'via', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-host'];
  for (const name of [...headers, 'x-forwarded-proto']) {
    const { isAdmitted, lines } = stage({ refuseProxied: true });
    expect([name, await isAdmitted({ [name]: 'x' })]).toEqual([name, false]);
    await isAdmitted({ [name]: 'y' });
    expect(lines.length).toBe(1);
    expect(await isAdmitted({})).toBe(true);
    expect(await stage().isAdmitted({ [name]: 'x' })).toBe(true);
  }
});

test('a host that is not listed is refused, and reported once a minute', async () => {
  const { isAdmitted, lines, pass } = stage({ allowedHosts: [HOST, 'localhost'] });
  expect(await isAdmitted({})).toBe(true);
  expect(await isAdmitted({ host: 'localhost:5001' })).toBe(true);
  expect(lines).toEqual([]);
  const elsewhere = { host: 'evil.example', origin: 'http://evil.example' };
  for (const _ of [1, 2, 3]) expect(await isAdmitted(elsewhere)).toBe(false);
  expect(lines).toMatchObject([{ host: 'evil.example' }]);
  pass(60_000);
  await isAdmitted(elsewhere);
  expect(lines.length).toBe(2);
});
