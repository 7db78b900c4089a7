import { expect, test } from 'vitest';
import { NETWORK_FAULT_KINDS, SERVER_FAULT_KINDS } from './faults.js';
import { makePlan } from './plan.js';

const MINUTE_MS = 60_000;

test('a plan comes from its seed alone', () => {
  expect(makePlan(7, MINUTE_MS)).toEqual(makePlan(7, MINUTE_MS));
  expect(makePlan(7, MINUTE_MS)).not.toEqual(makePlan(8, MINUTE_MS));
});

test('half an hour has more than a thousand cuts, a hundred kills, and every kind of fault', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { network, server } = makePlan(seed, 30 * MINUTE_MS);
    const cuts = network.filter(({ kind }) => kind === 'cut' || kind === 'reset').length;
    const kills = server.filter(({ kind }) => kind === 'kill').length;
    const stops = server.filter(({ kind }) => kind === 'stop');
    expect(cuts).toBeGreaterThan(1_200);
    expect(kills).toBeGreaterThan(130);
    expect(new Set(network.map(({ kind }) => kind)).size).toBe(NETWORK_FAULT_KINDS.length);
    expect(new Set(server.map(({ kind }) => kind)).size).toBe(SERVER_FAULT_KINDS.length);
    expect(Math.max(...stops.map(({ ms }) => ms))).toBeGreaterThan(30_000);
  }
});
