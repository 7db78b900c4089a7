/**
 * `/debug/actions`: what an operator may do from the dashboard. The route is there only if the server is configured so, and
 * each action needs the right `administer`. Only pages of the server's own and programs may ask: a page of a listed origin
 * could act with the cookies of an operator.
 */

import {
  fault,
  OPERATOR_ACTIONS,
  type OperatorAction,
  parseOperatorAction,
  type Result,
} from '@session-monitor/protocol';
import type { SessionServer } from '@session-monitor/server';
import {
  clientAddress,
  type OperationOutcome,
  sourceOf,
  storeFault,
} from '@session-monitor/server/internal';
import { type HttpFault, sendFault, sendJson } from '../answer.js';
import { BODY_FIELDS_BYTES } from '../body.js';
import type { DebugAccess } from '../debug-access.js';
import type { Exchange, Route } from '../exchange.js';
import { permitAdministration } from '../permission.js';
import { unknownSession } from './debug-views.js';
import { tooMuchDetail } from './trace.js';

const PATH = '/debug/actions';

interface Performed {
  /** False: the session is on no connection of a server that answers. */
  readonly done: boolean;
  /** Servers that live and did not answer. */
  readonly unreachable: readonly string[];
}

const DONE: Performed = { done: true, unreachable: [] };

/** What operators may do, beside looking. */
export interface OperatorOptions {
  readonly actions: boolean;
  /** They may see what users have written. */
  readonly payloads: boolean;
}

export function actionRoutes(
  sessions: SessionServer,
  access: DebugAccess,
  { actions, payloads }: OperatorOptions,
): readonly Route[] {
  const { internals } = sessions;
  const { operator, sessionTrace, trace, endpoint, logger } = internals;

  /** What the page may offer. */
  async function list(exchange: Exchange): Promise<void> {
    if (await access.admits(exchange, { needsKey: false })) {
      sendJson(exchange.response, { actions: actions ? OPERATOR_ACTIONS : [], payloads });
    }
  }

  async function act(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    if (!['program', 'own page'].includes(sourceOf(request.headers))) {
      return sendFault(response, foreignFault);
    }
    await sessions.ready;
    const allowed = await permitAdministration(internals, exchange);
    if (!allowed.ok) return sendFault(response, allowed.fault);
    const body = await exchange.readBody({ maxBytes: BODY_FIELDS_BYTES });
    if (!body.ok) return sendFault(response, body.fault);
    const parsed = body.value.parse(parseOperatorAction);
    if (!parsed.ok) return sendFault(response, parsed.fault);
    try {
      const performed = await perform(parsed.value);
      if ('code' in performed) return sendFault(response, performed);
      const address = clientAddress(request, endpoint.addresses);
      trace('operated', { ...parsed.value, by: allowed.value.user_id, address });
      sendJson(response, performed);
    } catch (error) {
      sendFault(response, storeFault(logger, error));
    }
  }

  async function perform(given: OperatorAction): Promise<Performed | HttpFault> {
    switch (given.action) {
      case 'cancel':
        return outcomeOfRun(await internals.runs.cancel(given.thread_id, given.run_id));
      case 'erase':
        await sessions.deleteThread(given.thread_id);
        return DONE;
      case 'detail': {
        const { action: _, minutes, ...subject } = given;
        const { done, unreachable } = await sessionTrace.watches.begin(subject, minutes);
        return done ? { done, unreachable } : tooMuchDetail;
      }
      default:
        return outcomeOf(await operator.operate(given.action, given.session_id));
    }
  }

  return [
    ...(actions || payloads ? [{ method: 'GET', path: PATH, handle: list } as const] : []),
    ...(actions ? [{ method: 'POST', path: PATH, handle: act } as const] : []),
  ];
}

function outcomeOf(outcome: OperationOutcome): Performed | HttpFault {
  switch (outcome.outcome) {
    case 'done':
      return DONE;
    case 'not_connected':
      return { done: false, unreachable: outcome.unreachable };
    case 'unknown':
      return unknownSession;
  }
}

const outcomeOfRun = (cancelled: Result<unknown>): Performed | HttpFault =>
  cancelled.ok ? DONE : cancelled.fault;

const foreignFault = fault(
  'authorisation',
  'Actions are taken by a page of this server itself, or by a program: not by a page of another origin.',
);
