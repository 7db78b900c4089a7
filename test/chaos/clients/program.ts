/** A process with clients in it. It reports how far they are, and ends when it is told to. */

import type { CrowdCounts, CrowdOrder, CrowdPlan, CrowdReport } from './messages.js';
import { Page } from './page.js';

const REPORT_EVERY_MS = 250;

const counts: CrowdCounts = { applied: 0, pages: 0, reconnects: 0, registered: {}, errors: 0 };
const pages: Page[] = [];
let recoveries: number[] = [];

process.on('message', (order: CrowdOrder) => {
  if (order.type === 'open') open(order.plan);
  else if (order.type === 'calm') for (const page of pages) page.calm();
  else if (order.type === 'end') end();
});

function open(plan: CrowdPlan): void {
  for (const each of plan.pages) {
    const page = new Page(each, plan, counts, (ms) => recoveries.push(Math.round(ms)));
    pages.push(page);
    page.open();
  }
}

// Keeps the process alive, also before it is told anything.
setInterval(report, REPORT_EVERY_MS);
// The first report says that there is somebody to be told.
report();

function report(): void {
  const places = pages.flatMap((page) => page.places);
  const message: CrowdReport = { places, counts, recoveries };
  recoveries = [];
  process.send?.(message);
}

function end(): void {
  for (const page of pages) page.end();
  report();
  process.disconnect();
  process.exit(0);
}
