import { expect, test } from 'vitest';
import { LossyMonitor, type LostEvent } from './lossy-monitor.js';

type Monitor = ConstructorParameters<typeof LossyMonitor>[0];

/** Hands on what the test says. */
function stage() {
  let tell = (_event: string, _data: unknown, _meta: object) => {};
  let reset = () => {};
  const monitor = {
    status: { offset: 7 },
    subscribe: () => () => {},
    onAny: (listener: typeof tell) => {
      tell = listener;
    },
    on: (_name: string, listener: typeof reset) => {
      reset = listener;
    },
  };
  let offset = 0;
  const lost: LostEvent[] = [];
  const lossy = new LossyMonitor(monitor as unknown as Monitor, (event) => lost.push(event));
  return {
    lossy,
    lost,
    hear: (data: unknown) => {
      offset += 1;
      tell('message', data, { offset });
    },
    reset: () => reset(),
  };
}

test('an event that is lost is lost to all who listen, once, and is known', () => {
  const { lossy, lost, hear, reset } = stage();
  const [first, second]: unknown[][] = [[], []];
  lossy.onAny((_event, data) => first?.push(data));
  const leave = lossy.onAny((_event, data) => second?.push(data));
  hear('a');
  lossy.losesNext = true;
  hear({ run_id: 'r' });
  hear('c');
  leave();
  hear('d');
  expect([first, second]).toEqual([
    ['a', 'c', 'd'],
    ['a', 'c'],
  ]);
  expect(lossy.lost).toEqual([{ offset: 2, run_id: 'r' }]);
  expect([lost, lossy.losesNext, lossy.status.offset]).toEqual([lossy.lost, false, 7]);
  reset();
  expect(lossy.lost).toEqual([]);
});
