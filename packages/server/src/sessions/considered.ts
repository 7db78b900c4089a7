/**
 * What a registration, or a resume, is decided from: traced of what an operator watches, so that the decision can be made
 * again (`npm run simulate -- --trace`). No secret, no cursor: whether they are right, and where they are.
 */

import { decodeCursor, type RegisterSession, type Window } from '@session-monitor/protocol';
import type { RegistrationFacts } from '@session-monitor/protocol/rules';
import type { StepFields } from '../observe/trace-steps.js';
import type { Location } from '../stores/store.js';
import type { Locatable } from '../threads/position-at.js';

/** Fields of the step `considered`. */
export type Considered = StepFields<'considered'>;
type Asked = Pick<RegisterSession, 'cursor' | 'since'>;

/** A log that remembers what it was asked about last. */
export class WatchedLog implements Locatable {
  readonly #log: Locatable;
  #found: Location | undefined;

  constructor(log: Locatable) {
    this.#log = log;
  }

  async locate(offset: number): Promise<Location> {
    this.#found = await this.#log.locate(offset);
    return this.#found;
  }

  /** @param start where this instance has begun already, if its receipt was lost */
  facts({ cursor, since = 'start' }: Asked, start: string | undefined, window: Window): Considered {
    if (!this.#found) return {};
    const { head, tag } = this.#found;
    const place = { head: head.offset, base: head.base };
    const bounds = { window_events: window.events, window_bytes: window.bytes };
    const isStart = cursor === undefined && since === 'now' && start !== undefined;
    const text = isStart ? start : cursor;
    if (text === undefined) {
      const began_offset = start === undefined ? undefined : decodeCursor(start)?.offset;
      const asked = typeof since === 'number' ? 'offset' : since;
      const asked_offset = typeof since === 'number' ? since : undefined;
      return { ...place, ...bounds, asked, asked_offset, began_offset };
    }
    const at = decodeCursor(text);
    if (!at) return { ...place, ...bounds, asked: 'no cursor' };
    const { previous } = head;
    return {
      ...place,
      ...bounds,
      asked: 'cursor',
      asked_offset: at.offset,
      same_epoch: at.epoch === head.epoch,
      same_tag: at.tag === tag,
      ended: previous?.epoch === at.epoch ? previous.reason : undefined,
    };
  }
}

/** What a registration claims, and what is known of that. */
export function claimFacts({
  instance,
  attempt,
  claimed,
  presented,
  own,
}: RegistrationFacts): Considered {
  const isOwner = presented?.instance === instance;
  const other = presented?.alive ? 'other_alive' : 'other_gone';
  const known = presented?.expiry ? 'expired' : isOwner ? 'same' : other;
  return {
    attempt,
    claimed,
    presented: presented && known,
    presented_attempt: presented?.attempt,
    own_attempt: own?.attempt,
    own_expired: own && own.expiry !== undefined,
  };
}
