/** What an operator may do, in words: what is asked before it, and what is said after it. */

export type OperatorAction =
  | { readonly action: 'ping' | 'disconnect' | 'expire' | 'report'; readonly session_id: string }
  | { readonly action: 'cancel'; readonly thread_id: string; readonly run_id: string }
  | { readonly action: 'erase'; readonly thread_id: string }
  | { readonly action: 'detail'; readonly minutes: number; readonly session_id: string }
  | { readonly action: 'detail'; readonly minutes: number; readonly thread_id: string };

/** What a server answers: `done`, or that a client was asked. */
export interface Performed {
  readonly done?: boolean;
  readonly requested?: boolean;
  readonly unreachable: readonly string[];
}

export interface ActionWords {
  /** On the button. */
  readonly name: string;
  /** What will happen, before it is confirmed. */
  readonly question: string;
  /** What has happened. */
  readonly done: string;
  /** Whether something is lost by it. */
  readonly isHarsh: boolean;
}

export const DETAIL_MINUTES = 10;

const WORDS: Readonly<Record<OperatorAction['action'], ActionWords>> = {
  ping: {
    name: 'Ping',
    question: 'The server asks the client whether it is there. The user notices nothing.',
    done: 'Asked. Its answer is a step below.',
    isHarsh: false,
  },
  disconnect: {
    name: 'Disconnect',
    question: 'Its connection ends. The client comes back by itself and goes on where it was.',
    done: 'Disconnected.',
    isHarsh: false,
  },
  expire: {
    name: 'Expire',
    question:
      'The session ends. A client that is there registers again, and goes on at its cursor in another session.',
    done: 'Expired.',
    isHarsh: true,
  },
  report: {
    name: 'Ask for a report',
    question:
      'The client sends its diagnostics, if its app allows that: no token, and no text of the conversation. It is asked once a minute at most.',
    done: 'Asked. If its app allows it, the report is on this page in a moment.',
    isHarsh: false,
  },
  cancel: {
    name: 'Cancel',
    question:
      'The reply ends as cancelled, for all that follow the thread. What was written stays.',
    done: 'Cancelled.',
    isHarsh: true,
  },
  erase: {
    name: 'Erase',
    question:
      'The thread is erased for good: its events, its replies, its sessions without a connection. Its followers get a reset.',
    done: 'Erased.',
    isHarsh: true,
  },
  detail: {
    name: 'Trace in detail',
    question: `Every frame, acknowledgement and ping is traced for ${DETAIL_MINUTES} minutes, on all servers.`,
    done: `Traced in detail for ${DETAIL_MINUTES} minutes.`,
    isHarsh: false,
  },
};

export const wordsOfAction = ({ action }: Pick<OperatorAction, 'action'>): ActionWords =>
  WORDS[action];

export const isDone = ({ done, requested }: Performed): boolean =>
  done === true || requested === true;

/** Where an action is asked for, and the body of the request. */
export function requestOf(action: OperatorAction): {
  readonly path: string;
  readonly body: object;
} {
  if (action.action !== 'report') return { path: 'debug/actions', body: action };
  const id = encodeURIComponent(action.session_id);
  return { path: `debug/sessions/${id}/report-request`, body: {} };
}

/** What is said of an action that was performed, or was not. */
export function outcomeOf(action: OperatorAction, performed: Performed): string {
  const { unreachable } = performed;
  const unheard = unreachable.length === 0 ? '' : ` No answer from ${unreachable.join(', ')}.`;
  return isDone(performed)
    ? `${wordsOfAction(action).done}${unheard}`
    : `Not done: the session is on no connection of a server that answers.${unheard}`;
}
