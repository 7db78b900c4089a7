import { beforeEach, describe, expect, test } from 'vitest';
import { Credit } from './credit.js';

describe('the credit of a reader', () => {
  let credit: Credit;

  beforeEach(() => {
    credit = new Credit({ bytes: 100, events: 10 }, { epoch: 'one', after: 5, cursor: 'at 5' });
  });

  test('is spent by what is in flight, in bytes or in events', () => {
    credit.send(6, 'at 6', 99, 1);
    expect(credit).toMatchObject({ sent: 6, bytesLeft: 1, eventsLeft: 9, isScarce: true });
    expect(credit.isSpent()).toBe(false);
    credit.send(7, 'at 7', 1, 1);
    expect(credit.isSpent()).toBe(true);
    expect(credit.acknowledge('one', 7)).toBe(100);
    credit.send(17, 'at 17', 10, 10);
    expect(credit.isSpent()).toBe(true);
  });

  test('is scarce when more than half of it is in flight', () => {
    credit.send(6, 'at 6', 50, 5);
    expect(credit.isScarce).toBe(false);
    credit.send(7, 'at 7', 1, 1);
    expect(credit.isScarce).toBe(true);
  });

  test('lets one frame go with nothing in flight, whatever other readers use', () => {
    expect(credit.isSpent(0)).toBe(false);
    credit.send(6, 'at 6', 1, 1);
    expect(credit.isSpent(1)).toBe(false);
    expect(credit.isSpent(0)).toBe(true);
  });

  test('comes back frame by frame', () => {
    credit.send(6, 'at 6', 10, 1);
    credit.send(8, 'at 8', 20, 2);
    expect(credit.acknowledge('one', 7)).toBe(10);
    expect(credit).toMatchObject({ acknowledged: 7, cursor: 'at 6', newestCursor: 'at 8' });
    expect(credit.acknowledge('one', 6)).toBe(0);
    expect(credit).toMatchObject({ acknowledged: 7, bytesLeft: 80, eventsLeft: 8 });
  });

  test('ignores an acknowledgement of another epoch, and what was never sent', () => {
    credit.send(6, 'at 6', 10, 1);
    expect(credit.acknowledge('other', 6)).toBe(0);
    expect(credit.acknowledged).toBe(5);
    expect(credit.acknowledge('one', 99)).toBe(10);
    expect(credit.acknowledged).toBe(6);
  });

  test('knows when the oldest frame in flight was sent', () => {
    expect(credit.oldestSentAt).toBe(undefined);
    credit.send(6, 'at 6', 10, 1, 1_000);
    credit.send(8, 'at 8', 20, 2, 2_000);
    expect(credit.oldestSentAt).toBe(1_000);
    credit.acknowledge('one', 7);
    expect(credit.oldestSentAt).toBe(2_000);
    credit.acknowledge('one', 8);
    expect(credit.oldestSentAt).toBe(undefined);
  });

  test('counts no frame that only announces a gap', () => {
    credit.send(9, 'at 9', 0, 0);
    expect(credit).toMatchObject({ sent: 9, newestCursor: 'at 5', bytesLeft: 100 });
  });

  test('counts nothing of a former place as in flight', () => {
    credit.send(6, 'at 6', 10, 1);
    expect(credit.moveTo({ epoch: 'two', after: 2, cursor: 'at 2' })).toBe(10);
    expect(credit).toMatchObject({ epoch: 'two', sent: 2, acknowledged: 2, bytesLeft: 100 });
    expect(credit.newestCursor).toBe('at 2');
    expect(credit.drop()).toBe(0);
  });
});
