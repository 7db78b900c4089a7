/** What became of a registration or a resume, decided again by the real rules from what `considered` says. */

import type { ResetReason, Since } from '../../../packages/protocol/src/messages.js';
import {
  asGrant,
  beginSince,
  continueAt,
  decideRegistration,
  type GrantDecision,
  type KnownSession,
  type LogBounds,
  type Position,
  startOver,
} from '../../../packages/protocol/src/rules/index.js';
import type { TraceLine } from '../../../packages/server/src/observe/session-trace/line.js';
import { type Divergence, firstDifference, numberIn } from './divergence.js';

/** Neither epochs nor tags stand in a trace: only whether they are the same. */
const [EPOCH, OTHER_EPOCH, TAG, OTHER_TAG] = ['epoch', 'other-epoch', 'tag', 'other-tag'];
const INSTANCE = 'instance';

/** @param considered the line before; @param line the `register` or `resume` that followed */
export function checkGrant(considered: TraceLine, line: TraceLine): Divergence | undefined {
  const granted = line.step === 'resume' ? RESUMED : grantOf(considered, line);
  if ('what' in granted) return granted;
  // The receipt of before is sent again.
  if (line.repeated === true) return undefined;
  const position = positionOf(considered);
  if (!position) return undefined;
  const { reset, after, gap } = position;
  return firstDifference({
    'the outcome': [line.outcome as string, reset ? 'reset' : granted.outcome],
    'its reason': [line.reason as string, reset ?? granted.reason],
    'where the session goes on': [line.from as number, after + 1],
    'the beginning of the gap': [line.gap_from as number, gap?.from],
    'the end of the gap': [line.gap_to as number, gap?.to],
  });
}

const RESUMED = { outcome: 'resumed', reason: undefined } as const;

function grantOf(
  considered: TraceLine,
  line: TraceLine,
): Pick<GrantDecision, 'outcome' | 'reason'> | Divergence {
  const attempt = numberIn(considered, 'attempt') ?? 0;
  const decision = decideRegistration({
    instance: INSTANCE,
    attempt,
    claimed: considered.claimed === true,
    presented: presentedOf(considered),
    own: ownOf(considered),
  });
  if (decision.kind === 'stale') {
    return { what: 'the newest attempt', traced: attempt, decided: decision.newest };
  }
  if (decision.kind === 'repeat') return asGrant(decision);
  const isRepeated = line.repeated === true;
  return isRepeated ? { what: 'the decision', traced: 'repeat', decided: 'grant' } : decision;
}

function presentedOf(line: TraceLine): KnownSession | undefined {
  const { presented } = line;
  if (typeof presented !== 'string') return undefined;
  return {
    instance: presented === 'same' ? INSTANCE : 'another',
    attempt: numberIn(line, 'presented_attempt') ?? 0,
    alive: presented === 'other_alive',
    ...(presented === 'expired' && { expiry: EXPIRED }),
  };
}

function ownOf(line: TraceLine): KnownSession | undefined {
  const attempt = numberIn(line, 'own_attempt');
  if (attempt === undefined) return undefined;
  const expired = line.own_expired === true && { expiry: EXPIRED };
  return { instance: INSTANCE, attempt, alive: true, ...expired };
}

const EXPIRED = { reason: 'idle', detail: '' };

/** Undefined if the line does not say where it was to go on. */
function positionOf(line: TraceLine): Position | undefined {
  const { asked, ended } = line;
  const offset = numberIn(line, 'asked_offset') ?? 0;
  const log: LogBounds = {
    epoch: EPOCH,
    offset: numberIn(line, 'head') ?? 0,
    tag: TAG,
    base: numberIn(line, 'base') ?? 0,
    baseTag: TAG,
    ...(typeof ended === 'string' && {
      previous: { epoch: OTHER_EPOCH, reason: ended as ResetReason },
    }),
  };
  switch (asked) {
    case 'cursor': {
      const epoch = line.same_epoch === true ? EPOCH : OTHER_EPOCH;
      const tag = line.same_tag === true ? TAG : OTHER_TAG;
      return continueAt({ epoch, offset, tag }, log, TAG);
    }
    case 'no cursor':
      return startOver(log, 'epoch_changed');
    case 'start':
    case 'now':
    case 'offset': {
      const since: Since = asked === 'offset' ? offset : asked;
      const began = numberIn(line, 'began_offset');
      const start = began === undefined ? undefined : { epoch: EPOCH, offset: began, tag: TAG };
      return beginSince(since, log, TAG, start);
    }
    default:
      return undefined;
  }
}
