/** A wall clock that jumps on an order, loaded before a program's first line. */

import { onOrder } from './orders.mjs';

const RealDate = Date;
let shiftMs = Number(process.env.CHAOS_SHIFT_MS ?? 0);

globalThis.Date = class ShiftedDate extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(RealDate.now() + shiftMs);
    else super(...parts);
  }

  static now() {
    return RealDate.now() + shiftMs;
  }
};

onOrder('clock', (order) => {
  shiftMs = order.shiftMs;
});
