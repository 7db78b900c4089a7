/** A process with clients in it. It reports their progress, and ends on an order. */

import type {
  ClientPoolCounts,
  ClientPoolOrder,
  ClientPoolPlan,
  ClientPoolReport,
} from './messages.js';
import { ChaosPage } from './page.js';

const REPORT_EVERY_MS = 250;

const counts: ClientPoolCounts = { applied: 0, pages: 0, reconnects: 0, registered: {}, errors: 0 };
const pages: ChaosPage[] = [];
let recoveries: number[] = [];

process.on('message', (order: ClientPoolOrder) => {
  if (order.type === 'open') open(order.plan);
  else if (order.type === 'calm') for (const page of pages) page.calm();
  else if (order.type === 'end') end();
});

function open(plan: ClientPoolPlan): void {
  for (const each of plan.pages) {
    const page = new ChaosPage(each, plan, counts, (ms) => recoveries.push(Math.round(ms)));
    pages.push(page);
    page.open();
  }
}

// Keeps the process alive, also before its first order.
setInterval(report, REPORT_EVERY_MS);
// The first report says that the process accepts orders.
report();

function report(): void {
  const places = pages.flatMap((page) => page.places);
  const message: ClientPoolReport = { places, counts, recoveries };
  recoveries = [];
  process.send?.(message);
}

function end(): void {
  for (const page of pages) page.end();
  report();
  process.disconnect();
  process.exit(0);
}
