/** What a view shows of a thread: its events, and the replies that they make up. */

import type { Gap } from '@session-monitor/protocol';
import type { RunState } from '../core/runs-view.js';
import type { EventMeta } from '../follower/delivery.js';

/** An event as a view keeps it: where it stands, and what it holds. */
export interface ThreadEvent extends EventMeta {
  readonly data: unknown;
}

export type ReplyState = Exclude<RunState, 'sending' | 'accepted'>;

/** What one part of a reply holds, besides its text. A responder names the fields. */
export type PartData = Readonly<Record<string, unknown>>;

/** A question and its reply: one run. */
export interface Reply {
  readonly run_id: string;
  /** The first offset that is known of it; 0 on a backend that speaks v1. */
  readonly offset: number;
  readonly state: ReplyState;
  /** Null if the reply's beginning is not kept, or was before the view. */
  readonly message: string | null;
  /** The question's name, as `sendMessage` and `status.runs` have it. */
  readonly message_id: string | null;
  /** The user that asked, if the message names one. */
  readonly user_id: string | null;
  /** The reply, as far as it is here. */
  readonly text: string;
  /** False if words of it may be missing: its beginning, or what a gap has taken while it was written. */
  readonly whole: boolean;
  /** What it held besides, oldest first: `analysis_update`, `knowledge`, `next_action`. */
  readonly analysis: readonly PartData[];
  readonly knowledge: readonly PartData[];
  readonly next_actions: readonly PartData[];
  /** Why there is no more, if something went wrong. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface ThreadHistory {
  /** The newest ones, oldest first. */
  readonly events: readonly ThreadEvent[];
  /** Oldest first. */
  readonly replies: readonly Reply[];
  /** Offsets that are gone from the log and will not come: what is shown lacks them. */
  readonly gaps: readonly Gap[];
}

export const NO_HISTORY: ThreadHistory = { events: [], replies: [], gaps: [] };
