import { expect, test } from 'vitest';
import { type Circumstances, conditionOf } from './condition.js';

const status: Circumstances['status'] = {
  state: 'live',
  offset: 40,
  head: 40,
  transport: 'websocket',
  failed_upgrades: 0,
  failure: null,
};
const fine: Circumstances = {
  status,
  offlineFor: 0,
  online: true,
  unreachable: false,
  pollingOnly: false,
  returned: null,
  whole: true,
  lostOnPurpose: null,
  silenceMs: null,
  server: null,
};
const server = { pid: 7, start: 'npm start -- --port 5101', shared: false };
const cluster = { ...server, start: null, shared: true };

type Change = Partial<Omit<Circumstances, 'status'>> & {
  readonly status?: Partial<Circumstances['status']>;
};
const when = ({ status: changed, ...change }: Change) =>
  conditionOf({ ...fine, ...change, status: { ...status, ...changed } });

const failure = { code: 'authorisation', message: 'Not for you.', retryable: false } as const;

const recovering = (change: Change = {}): Change => ({
  status: { state: 'recovering' },
  ...change,
});
const polling = { transport: 'polling', failed_upgrades: 1 } as const;
const connecting = { state: 'connecting' } as const;
const unreachable: Change = { status: connecting, unreachable: true };
const torn: Change = { whole: false, lostOnPurpose: 7 };

const table: readonly [change: Change, tone: string, headline: string, advice: RegExp][] = [
  [{ status: { state: 'idle' } }, 'busy', 'Connecting', /Looking for the server/],
  [{ status: connecting }, 'busy', 'Connecting', /Looking for the server/],
  [unreachable, 'worried', 'Cannot connect', /keeps trying.*where it ran/],
  [{ status: { state: 'registering' } }, 'busy', 'Registering', /where this page is/],
  [{}, 'calm', 'Live', /Every event/],
  [{ status: { head: 0, offset: 0 } }, 'calm', 'Live', /Nothing has been asked/],
  [{ status: { head: 41 } }, 'calm', 'Catching up', /^1 event to come/],
  [{ status: { head: 52 } }, 'calm', 'Catching up', /^12 events to come/],
  [{ status: { transport: 'polling' } }, 'calm', 'Live', /^Every event of this conversation/],
  [{ status: polling }, 'calm', 'Live', /is not available/],
  [{ status: polling, pollingOnly: true }, 'calm', 'Live', /^Every event of this conversation/],
  [{ whole: false, status: { head: 41 } }, 'broken', 'Live, but not whole', /failed\. Reload/],
  [torn, 'broken', 'Live, but not whole', /event 7 on purpose.*reload/],
  [{ silenceMs: 1_999 }, 'calm', 'Live', /Every event/],
  [{ silenceMs: 4_700 }, 'busy', 'Live', /^No word for 4 s\. .*writes this reply\.$/],
  [{ silenceMs: 4_700, server: cluster }, 'busy', 'Live', /another server ends the reply/],
  [{ silenceMs: 4_700, status: { head: 41 } }, 'calm', 'Catching up', /^1 event to come/],
  [{ returned: 'Resumed: 2 events replayed from 7' }, 'calm', 'Live', /^Resumed: 2 .* 7\. Every/],
  [{ status: { state: 'degraded' } }, 'worried', 'Slow', /Just wait/],
  [recovering(), 'worried', 'Recovering', /after event 40.*where it ran/],
  [recovering({ server }), 'worried', 'Recovering', /npm start -- --port 5101$/],
  [recovering({ server: cluster }), 'worried', 'Recovering', /another one takes/],
  [recovering({ offlineFor: 3 }), 'worried', 'Recovering', /^Offline for 3 s/],
  [recovering({ online: false }), 'worried', 'Recovering', /device is offline/],
  [{ status: { state: 'failed', failure } }, 'broken', 'Refused', /^Not for you\. Start a new/],
  [{ status: { state: 'stopped' } }, 'broken', 'Stopped', /Reload/],
];
test.each(table)('%j is said with what there is to do', (change, tone, headline, advice) => {
  expect(when(change)).toEqual({ tone, headline, advice: expect.stringMatching(advice) });
});
