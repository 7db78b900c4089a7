/** Findings about a client that is connected and does not read as it should. */

import type { TraceLine } from '../session-trace/line.js';
import type { Facts } from './facts.js';
import { newest, numberOf } from './lines.js';
import type { Found, Rules } from './rule.js';
import { hasPingedSince, isHidden, owes, type Silence, silenceOf } from './silence.js';
import { clockTime, counted, span } from './words.js';

/** A client that acknowledges nothing for longer than this does not just read slowly. */
const WITHHOLDS_MS = 10_000;
/** A reader whose oldest event waits as long is behind what its user could see. */
const BEHIND_MS = 2_000;
/** A client that comes back as often for the same event does not get on. */
const RETURNS = 2;
const RETURNS_WITHIN_MS = 2 * 60_000;

export const readerRules: Rules<'page_frozen' | 'acknowledgements_withheld' | 'slow_reader'> = {
  page_frozen(facts) {
    const silence = silenceOf(facts);
    if (silence && standsStill(facts)) return stillFrozen(facts, silence);
    const line = newest(facts.lines, 'frozen');
    if (!line) return undefined;
    const [frozenMs, silentMs] = [numberOf(line, 'frozen_ms'), numberOf(line, 'silent_ms')];
    return {
      at: line.time,
      title: `The page stood still for ${span(frozenMs)}: its browser or the system had stopped it.`,
      evidence: [
        `The page reported it at ${clockTime(line.time)}.`,
        // Acknowledgements may have come before the report.
        ...(silentMs >= frozenMs
          ? [`The server had heard nothing from it for ${span(silentMs)}.`]
          : []),
      ],
      next: 'Do nothing: it has caught up since. Browsers freeze pages in the background; a page that plays sound or holds a Web Lock is not frozen.',
    };
  },

  acknowledgements_withheld(facts) {
    const { now, session, connection, probe } = facts;
    if (!session || session.oldest_unacknowledged_ms < WITHHOLDS_MS) return undefined;
    const age = session.acknowledged_age_ms;
    const isSlow =
      (age !== null && age < WITHHOLDS_MS) ||
      (connection?.buffered.bytes ?? 0) > 0 ||
      probe?.link === false;
    if (isSlow || !hasPingedSince(facts)) return undefined;
    return {
      at: now - session.oldest_unacknowledged_ms,
      ongoing: true,
      title: 'The client answers pings, and acknowledges no event.',
      evidence: [
        owes(session),
        age === null
          ? 'It has acknowledged nothing on this connection.'
          : `Its last acknowledgement came ${span(age)} ago.`,
      ],
      next: 'Mend the client: it must acknowledge what it has applied, as PROTOCOL.md says. Once its credit is used up, nothing new is sent to it.',
    };
  },

  slow_reader(facts) {
    const { now, session } = facts;
    if (!session || session.lag === 0 || silenceOf(facts)) return undefined;
    const { oldest_unacknowledged_ms: waits, waiting } = session;
    const [first, ...others] = returnsOf(facts);
    // Clients acknowledge at their next ping, and sooner when credit is scarce: what is not acknowledged may have arrived.
    const isHeldUp = isLinkSlow(facts) || waiting === 'credit';
    if (!first && (waits < BEHIND_MS || !isHeldUp)) return undefined;
    return {
      at: first?.time ?? now - waits,
      ongoing: true,
      title: 'The client reads more slowly than the thread grows.',
      evidence: [
        paceOf(session),
        ...(waits > 0 ? [owes(session)] : []),
        ...(first
          ? [
              `It has come back ${counted(others.length + 1, 'time')} since ${clockTime(first.time)} for event ${numberOf(first, 'from')}: each connection ended before that had arrived.`,
            ]
          : []),
        ...slowPartsOf(facts),
      ],
      next: 'Nothing is lost. If the page is slow, render once a frame, not for each event. If the network is slow, wait: the client catches up when it is better.',
    };
  },
};

/**
 * The browser answers, and its page does not; or the page was hidden when it was heard last, as those are that browsers
 * freeze.
 */
const standsStill = (facts: Facts): boolean =>
  facts.probe?.link === true || isHidden(facts) === true;

function stillFrozen(facts: Facts, { since, evidence }: Silence): Found {
  const hidden = isHidden(facts);
  const answers = facts.probe?.link === true;
  return {
    at: since,
    ongoing: true,
    title: hidden
      ? `The page is in the background and silent since ${clockTime(since)}: the browser has frozen it${answers ? '' : ', or it is gone'}.`
      : `The page stands still since ${clockTime(since)}: its browser answers, and the page does not.`,
    evidence: [
      ...evidence,
      ...(answers ? ['Its browser answers a WebSocket ping.'] : []),
      ...(hidden === undefined
        ? []
        : [`When it was heard last, it was in the ${hidden ? 'background' : 'foreground'}.`]),
    ],
    next: hidden
      ? 'Do nothing: a page that is shown again catches up. Its session is kept for it until it expires.'
      : 'Look for what stops the page: a long computation, an open dialog or debugger, a computer that sleeps. It catches up when it goes on.',
  };
}

function paceOf({ lag, delivered_per_s: perS }: NonNullable<Facts['session']>): string {
  const pace = perS === 0 ? 'has acknowledged none of late' : `acknowledges ${perS} a second`;
  return `It is ${counted(lag, 'event')} behind, and ${pace}.`;
}

/** The registrations with which the client has come back for the same event, the newest ones in a row; none if it gets on. */
function returnsOf({ now, lines }: Facts): readonly TraceLine[] {
  const registrations = lines.filter(({ step }) => step === 'register');
  const from = registrations.at(-1)?.from;
  const other = registrations.findLastIndex((line) => line.from !== from);
  const same = registrations
    .slice(other + 1)
    .filter(({ time, replay }) => now - time < RETURNS_WITHIN_MS && Number(replay) > 0);
  return same.length < RETURNS ? [] : same;
}

/** Between two polls a connection takes nothing for a moment: only a WebSocket that does not is slow. */
const isLinkSlow = ({ session, probe }: Facts): boolean =>
  probe
    ? probe.link === false
    : session?.waiting === 'transport' && session.transport === 'websocket';

function slowPartsOf(facts: Facts): readonly string[] {
  const { session, connection } = facts;
  const bytes = connection?.buffered.bytes ?? 0;
  const waits = bytes > 0 ? `, and ${counted(bytes, 'byte')} wait to be sent` : '';
  if (isLinkSlow(facts)) return [`Its connection is slow: what is sent arrives late${waits}.`];
  return session?.waiting === 'credit'
    ? ['Its credit is used up: the page is busy, or its network is slow.']
    : [];
}
