import { expect, test } from 'vitest';
import type { CoreEvent } from '../../core/events.js';
import { Reasons } from './reasons.js';

function stage() {
  const said: unknown[] = [];
  const reasons = new Reasons({ log: (what) => said.push(what) });
  return { said, reasons };
}

const down = (end: 'transport' | 'monitor', reason?: string): CoreEvent => ({
  type: 'link_down',
  end,
  managed: true,
  ...(reason !== undefined && { reason }),
});

test('the log says why a link ended, and nothing of one that there never was', () => {
  const { said, reasons } = stage();
  reasons.onStep({ type: 'link_down', end: 'app', managed: false }, []);
  reasons.onStep(down('transport', 'ping timeout'), []);
  expect(said).toEqual(['link down because of the transport: ping timeout']);
});

test('the log says what made the monitor give a link up', () => {
  const { said, reasons } = stage();
  const disconnect = { type: 'disconnect' } as const;
  reasons.onStep({ type: 'timer', timer: 'pong' }, [disconnect]);
  reasons.onStep(down('monitor', 'io client disconnect'), []);
  reasons.onStep({ type: 'sleep' }, [disconnect]);
  reasons.onStep(down('monitor', 'io client disconnect'), []);
  expect(said).toEqual([
    'link down because of the monitor: no pong',
    'link down because of the monitor: sleep',
  ]);
});
