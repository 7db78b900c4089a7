import { expect, test } from 'vitest';
import type { SpaceRefusal } from '../store.js';
import type { StoreRoom } from './disk-space.js';
import { SpaceGate } from './space-gate.js';

const MIB = 1024 * 1024;

function setUp(growthMib: number) {
  const state = { growth: growthMib * MIB, stalled: false, spent: 0 };
  const room: StoreRoom = {
    reserve: 64 * MIB,
    look: () => ({ growth: state.growth, free: 0 }),
    spend: (bytes) => {
      state.spent += bytes;
    },
    makeFor: () => {},
  };
  const commits = {
    get isStalled() {
      return state.stalled;
    },
    onStall: () => () => {},
  };
  const gate = new SpaceGate(room, commits);
  const refusals: SpaceRefusal[] = [];
  const stop = gate.onRefusal((refusal) => refusals.push(refusal));
  return { gate, state, refusals, stop };
}

const STORAGE_FULL = {
  code: 'ERR_REFUSED',
  fault: expect.objectContaining({
    code: 'storage_full',
    retryable: true,
    retry_after_ms: 5_000,
  }),
};

test('refuses events below the reserve, tells its listeners, and admits them when there is room', () => {
  const { gate, state, refusals, stop } = setUp(40);
  expect(gate.isFull).toBe(true);
  expect(() => gate.require('event', 'a', 100)).toThrow(expect.objectContaining(STORAGE_FULL));
  expect(() => gate.require('reply', 'a', 100)).not.toThrow();
  expect(state.spent).toBe(100);
  state.growth = 100 * MIB;
  expect(gate.isFull).toBe(false);
  expect(() => gate.require('event', 'a', 100)).not.toThrow();
  stop();
  state.growth = 0;
  expect(() => gate.require('session', 'b')).toThrow(expect.objectContaining(STORAGE_FULL));
  expect(refusals).toEqual([{ growth: 'event', thread_id: 'a' }]);
});

test('refuses everything that a client waits for while a commit waits for room', () => {
  const { gate, state, refusals } = setUp(100);
  expect(() => gate.requireCommits('a')).not.toThrow();
  state.stalled = true;
  expect(gate.isFull).toBe(true);
  expect(() => gate.requireCommits('a')).toThrow(expect.objectContaining(STORAGE_FULL));
  expect(() => gate.require('reply', 'a')).toThrow(expect.objectContaining(STORAGE_FULL));
  expect(refusals.map(({ growth }) => growth)).toEqual(['commit', 'reply']);
});

test('refuses a commit that would wait', () => {
  const { gate, refusals } = setUp(1);
  expect(() => gate.requireCommits('a')).toThrow(expect.objectContaining(STORAGE_FULL));
  expect(refusals).toEqual([{ growth: 'commit', thread_id: 'a' }]);
  expect(() => setUp(2).gate.requireCommits('a')).not.toThrow();
});

test('refuses nothing where room is not limited', () => {
  const gate = new SpaceGate(undefined, { isStalled: false, onStall: () => () => {} });
  expect(gate.isFull).toBe(false);
  expect(() => gate.require('event', 'a', Number.MAX_SAFE_INTEGER)).not.toThrow();
});
