/**
 * The messages between tabs, over one channel. A tab speaks to the leader; the leader to all tabs, or to one.
 * Everything is a plain object, so that a browser can copy it.
 */

/** From a tab to the leader. */
export type TabMessage =
  /** I am here. */
  | { readonly type: 'hello'; readonly wants: boolean }
  /** I want a connection; `renew`: the one that there is does not work for me. */
  | { readonly type: 'connect'; readonly renew: boolean }
  | { readonly type: 'disconnect' }
  /** To the server; with `id` its acknowledgement is wanted. */
  | {
      readonly type: 'emit';
      readonly event: string;
      readonly args: readonly unknown[];
      readonly id?: number;
    }
  /** I am going. */
  | { readonly type: 'bye' };

/** The connection, as the leader has it. */
export interface SharedState {
  readonly connected: boolean;
  readonly transport: string | null;
  /** Why it is not connected, in Socket.IO's words. */
  readonly reason: string;
  /** Whether Socket.IO tries again by itself. */
  readonly managed: boolean;
  readonly uri: string | null;
}

/** From the leader. */
export type LeaderMessage =
  /** I lead from now on: say that you are there. */
  | { readonly type: 'leads' }
  /** I do not lead any more. */
  | { readonly type: 'resigns' }
  | { readonly type: 'state'; readonly state: SharedState; readonly to?: string }
  | {
      readonly type: 'connect_error';
      readonly message: string;
      /** As Engine.IO gives them: `TransportError`, and a status. */
      readonly kind?: string;
      readonly status?: number;
    }
  /** Socket.IO does not try again by itself. */
  | { readonly type: 'gave_up' }
  /** From the server. */
  | { readonly type: 'event'; readonly event: string; readonly args: readonly unknown[] }
  | {
      readonly type: 'ack';
      readonly to: string;
      readonly id: number;
      readonly args: readonly unknown[];
    };

/** A message with its sender: from a tab, or from the leader. */
export type Envelope =
  | { readonly from: string; readonly tab: TabMessage }
  | { readonly from: string; readonly leader: LeaderMessage };

/** Other versions of a page may be open: ignores a message that does not look like ours. */
export function readEnvelope(value: unknown): Envelope | undefined {
  const { from, tab, leader } = (value ?? {}) as Record<string, unknown>;
  if (typeof from !== 'string') return undefined;
  const type = ((tab ?? leader ?? {}) as Record<string, unknown>).type;
  return typeof type === 'string' ? (value as Envelope) : undefined;
}
