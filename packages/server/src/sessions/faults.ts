import { type Fault, fault } from '@session-monitor/protocol';

export const unavailableFault: Fault = fault(
  'unavailable',
  'The store cannot answer at the moment. Try again.',
);
