/** How things stand, in a word, and what there is to do about it. Pure. */

import type { SessionMonitorStatus } from '@session-monitor/client';
import type { ServerFacts } from './server-facts.js';

type Tone = 'calm' | 'busy' | 'worried' | 'broken';

export interface Condition {
  readonly tone: Tone;
  readonly headline: string;
  readonly advice: string;
}

export interface Circumstances {
  readonly status: Pick<
    SessionMonitorStatus,
    'state' | 'offset' | 'head' | 'transport' | 'failed_upgrades' | 'failure'
  >;
  /** Seconds left of the time offline that the user has asked for; 0 if none. */
  readonly offlineFor: number;
  /** What the browser says. */
  readonly online: boolean;
  /** The last attempt to connect has failed. */
  readonly unreachable: boolean;
  readonly pollingOnly: boolean;
  /** What the newest receipt said, if it was not the page's first. */
  readonly returned: string | null;
  /** Whether the page's own check has found nothing. */
  readonly whole: boolean;
  /** The event that the page has lost on purpose, if it has. */
  readonly lostOnPurpose: number | null;
  /** Milliseconds since the newest event while a reply is being written; null if none is. */
  readonly silenceMs: number | null;
  /** Null while it is not known. */
  readonly server: ServerFacts | null;
}

/** Shorter than the 3 s after which a reader takes a page that says nothing for one that hangs. */
const SILENCE_MS = 2_000;

export const BROKEN_LINK: Condition = {
  tone: 'broken',
  headline: 'Broken link',
  advice:
    'This address names no conversation: a name has up to 128 letters, digits, and any of _ . : -. Start a new conversation.',
};

export function conditionOf(circumstances: Circumstances): Condition {
  const { status, unreachable } = circumstances;
  switch (status.state) {
    case 'idle':
    case 'connecting':
      if (unreachable) {
        const advice = `No server answers at this address. This page keeps trying. ${comeBack(circumstances)}`;
        return { tone: 'worried', headline: 'Cannot connect', advice };
      }
      return { tone: 'busy', headline: 'Connecting', advice: 'Looking for the server.' };
    case 'registering':
      return {
        tone: 'busy',
        headline: 'Registering',
        advice: 'Telling the server where this page is.',
      };
    case 'live':
      return live(circumstances);
    case 'degraded':
      return {
        tone: 'worried',
        headline: 'Slow',
        advice:
          'An answer is late, or the server waits for its store. All goes on by itself. Just wait.',
      };
    case 'recovering':
      return recovering(circumstances);
    case 'failed':
      return {
        tone: 'broken',
        headline: 'Refused',
        advice: `${status.failure?.message ?? 'The server refuses this page.'} Start a new conversation, or ask the operator of the server for access and reload.`,
      };
    case 'stopped':
      return {
        tone: 'broken',
        headline: 'Stopped',
        advice: 'This page no longer follows the conversation. Reload it to go on.',
      };
  }
}

function live(circumstances: Circumstances): Condition {
  const { status, pollingOnly, returned, whole, lostOnPurpose, silenceMs } = circumstances;
  if (!whole) {
    const advice =
      lostOnPurpose === null
        ? 'The check has failed. Reload: the page reads the conversation from the log again.'
        : `This page lost event ${lostOnPurpose} on purpose. The log still has it: reload, and it is back.`;
    return { tone: 'broken', headline: 'Live, but not whole', advice };
  }
  if (status.head === 0) {
    return { tone: 'calm', headline: 'Live', advice: 'Nothing has been asked here yet.' };
  }
  const behind = status.head - status.offset;
  if (behind > 0) {
    return { tone: 'calm', headline: 'Catching up', advice: `${events(behind)} to come.` };
  }
  if (silenceMs !== null && silenceMs >= SILENCE_MS) {
    return { tone: 'busy', headline: 'Live', advice: waitForWriter(silenceMs, circumstances) };
  }
  const stuck = status.transport === 'polling' && !pollingOnly && status.failed_upgrades > 0;
  const here = stuck
    ? 'Every event is here. On polling, because WebSocket is not available: slower, and just as complete.'
    : 'Every event of this conversation is here.';
  return { tone: 'calm', headline: 'Live', advice: returned ? `${returned}. ${here}` : here };
}

function waitForWriter(silenceMs: number, { server }: Circumstances): string {
  const waits = `No word for ${Math.floor(silenceMs / 1_000)} s. Waiting for the server that writes this reply.`;
  return server?.shared
    ? `${waits} If it is gone, another server ends the reply within seconds.`
    : waits;
}

function recovering(circumstances: Circumstances): Condition {
  const { status, offlineFor, online } = circumstances;
  const headline = 'Recovering';
  const goesOn = `It goes on after event ${status.offset}, and nothing is lost.`;
  if (offlineFor > 0) {
    return {
      tone: 'worried',
      headline,
      advice: `Offline for ${offlineFor} s, as you wanted. ${goesOn}`,
    };
  }
  if (!online) {
    const advice = `This device is offline. Connect it again. ${goesOn}`;
    return { tone: 'worried', headline, advice };
  }
  const advice = `This page tries again by itself. ${goesOn} ${comeBack(circumstances)}`;
  return { tone: 'worried', headline, advice };
}

/** How a server comes back that has been stopped. */
function comeBack({ server }: Circumstances): string {
  if (server?.shared) return 'If its server has stopped, another one takes over.';
  const start = server?.start ?? null;
  const where = start === null ? 'again where it ran.' : `again in its terminal: ${start}`;
  return `If you have stopped the server, start it ${where}`;
}

export const events = (count: number): string => (count === 1 ? '1 event' : `${count} events`);
