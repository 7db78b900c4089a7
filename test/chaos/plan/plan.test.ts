import { expect, test } from 'vitest';
import { NETWORK_FAULT_KINDS, SERVER_FAULT_KINDS } from './faults.js';
import { makePlan, SERVER_BAG } from './plan.js';

const MINUTE_MS = 60_000;

test('a plan comes from its seed alone', () => {
  expect(makePlan(7, MINUTE_MS, SERVER_BAG)).toEqual(makePlan(7, MINUTE_MS, SERVER_BAG));
  expect(makePlan(7, MINUTE_MS, SERVER_BAG)).not.toEqual(makePlan(8, MINUTE_MS, SERVER_BAG));
});

test('half an hour has more than a thousand cuts, a hundred kills, and every kind of fault', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { network, server } = makePlan(seed, 30 * MINUTE_MS, SERVER_BAG);
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
