/** The published events: about 110 bytes as `["message",{…}]`, like a model's word with its ids. */

export const EVENT = 'message';

const FILL_BYTES = 110 - '["message",{"n":100000,"t":0,"run_id":"r-0001","delta":""}]'.length;

export interface Payload {
  /** Counts within the thread, from 1. */
  readonly n: number;
  /** When it was published, in monotonic milliseconds; 0 where no latency is measured. */
  readonly t: number;
  readonly run_id: string;
  readonly delta: string;
}

const delta = 'lorem ipsum dolor sit amet, consetetur sadipscing elitr '.repeat(200);

/** @param bytes the encoded event's size, about */
export const payload = (n: number, t = 0, bytes = 110): Payload => ({
  n,
  t,
  run_id: 'r-0001',
  delta: delta.slice(0, FILL_BYTES + bytes - 110),
});
