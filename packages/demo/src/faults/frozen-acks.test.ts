import { expect, test } from 'vitest';
import { AckFreezer, withFrozenOffset } from './frozen-acks.js';

const frozen = { epoch: 'E1', offset: 40 };
const at = (offset: number, epoch = 'E1') => ({ session_id: 's', generation: 1, epoch, offset });

test('acknowledgements and pings tell the frozen offset, everything else is left alone', () => {
  expect(withFrozenOffset('thread_ack', at(50), frozen)).toEqual(at(40));
  expect(withFrozenOffset('ping', at(50), frozen)).toEqual(at(40));
  const others: readonly [event: string, message: unknown][] = [
    ['register_session', { cursor: 'E1.50.T' }],
    ['thread_resume', at(50)],
    // An offset below the frozen one stays: a higher one would be a lie in the other direction.
    ['ping', at(30)],
    ['ping', at(50, 'E2')],
    ['ping', { thread_id: 't' }],
    ['ping', null],
    ['ping', 'text'],
  ];
  for (const [event, message] of others) {
    expect(withFrozenOffset(event, message, frozen)).toEqual(message);
  }
});

test('it stands before emit, with the acknowledgement callback, until it thaws', () => {
  const sent: unknown[] = [];
  const socket = { emit: (...args: unknown[]) => sent.push(args) };
  const freezer = new AckFreezer(socket as unknown as ConstructorParameters<typeof AckFreezer>[0]);
  const answered = () => {};
  socket.emit('ping', at(10), answered);
  freezer.freeze({ epoch: 'E1', offset: 10 });
  expect(freezer.frozenAt).toBe(10);
  socket.emit('ping', at(20), answered);
  socket.emit('bare');
  freezer.thaw();
  socket.emit('ping', at(30), answered);
  expect(sent).toEqual([
    ['ping', at(10), answered],
    ['ping', at(10), answered],
    ['bare'],
    ['ping', at(30), answered],
  ]);
});
