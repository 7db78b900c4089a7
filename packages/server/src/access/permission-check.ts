/** Asks the app's `authorize` hook, and logs its failures. */

import { fault } from '@session-monitor/protocol';
import { RepeatedLine } from '../observe/repeated-line.js';
import type { Logger } from '../observe/trace.js';
import type { Cancel, Clock } from '../util/clock.js';
import { asError } from '../util/errors.js';
import {
  type AdministerRequest,
  type AdminPermission,
  type Authorize,
  type AuthorizeRequest,
  type ListPermission,
  type ListRequest,
  oneLine,
  type Permission,
  type Refused,
  readAdminAnswer,
  readAnswer,
  readListAnswer,
  refusalOf,
  type ThreadRequest,
  type TokenTimes,
} from './authorize.js';
import type { Revocations } from './revocations.js';
import { denialOf, expiryIn } from './token-errors.js';

export interface PermissionCheckDeps {
  readonly authorize: Authorize;
  readonly clock: Pick<Clock, 'after' | 'now' | 'wall'>;
  readonly logger: Logger;
  readonly revocations: Pick<Revocations, 'revokedAt'>;
  /** How long the hook may take, in milliseconds. */
  readonly timeoutMs: number;
}

export class PermissionCheck {
  readonly #deps: PermissionCheckDeps;
  /** Deadlines of questions that are under way. */
  readonly #deadlines = new Set<Cancel>();
  readonly #outages: RepeatedLine;
  readonly #malformed: RepeatedLine;

  constructor(deps: PermissionCheckDeps) {
    const { clock, logger } = deps;
    this.#deps = deps;
    this.#outages = new RepeatedLine(clock, (fields) => {
      logger.error(
        fields,
        'authorize failed: callers are refused for now and try again. ' +
          "Return { denied: 'unauthenticated' } for a token that is not valid.",
      );
    });
    this.#malformed = new RepeatedLine(clock, (fields) => {
      logger.warn(
        fields,
        'authorize returned something other than true, false, { user_id }, { user_id, expires_at } (milliseconds since ' +
          '1970), { all: true } (for list), { admin: true } (for administer) or ' +
          "{ denied: 'expired' | 'unauthenticated' | 'forbidden' }: the caller is refused.",
      );
    });
  }

  /** Never rejects. An error of the hook is an outage, not a refusal, unless it says that the token is bad. */
  ask(request: ThreadRequest): Promise<Permission> {
    return this.#ask(request, (answer) => readAnswer(answer, request, this.#times()));
  }

  /** Asks for the action `list`. Never rejects. */
  askList(request: ListRequest): Promise<ListPermission> {
    return this.#ask(request, (answer) => readListAnswer(answer, request, this.#times()));
  }

  /** Asks for the action `administer`. Never rejects. */
  askAdmin(request: AdministerRequest): Promise<AdminPermission> {
    return this.#ask(request, (answer) => readAdminAnswer(answer, request));
  }

  async #ask<T>(
    request: AuthorizeRequest,
    read: (answer: unknown) => T | undefined,
  ): Promise<T | Refused> {
    try {
      const answer: unknown = await this.#answerTo(request);
      const permission = read(answer);
      if (permission) return permission;
      this.#malformed.write(() => ({ action: request.action, got: kindOf(answer) }));
      return refusalOf('forbidden', request);
    } catch (thrown) {
      return this.#onThrown(asError(thrown), request);
    }
  }

  /** Writes the lines that are only counted so far, and waits for no answer any more. */
  stop(): void {
    for (const cancel of this.#deadlines) cancel();
    this.#deadlines.clear();
    this.#outages.stop();
    this.#malformed.stop();
  }

  #times(): TokenTimes {
    const { clock, revocations } = this.#deps;
    return { now: clock.wall(), revokedAt: (user_id) => revocations.revokedAt(user_id) };
  }

  /** A hook that never answers would keep its callers waiting, and their messages in memory. */
  #answerTo(request: AuthorizeRequest): unknown {
    const answer: unknown = this.#deps.authorize(request);
    return isThenable(answer) ? this.#inTime(answer) : answer;
  }

  #inTime(answer: PromiseLike<unknown>): Promise<unknown> {
    const { timeoutMs, clock } = this.#deps;
    return new Promise((resolve, reject) => {
      const cancel = clock.after(timeoutMs, () => reject(new LateError(timeoutMs)));
      this.#deadlines.add(cancel);
      const settled = () => {
        cancel();
        this.#deadlines.delete(cancel);
      };
      answer.then(resolve, reject).then(settled);
    });
  }

  #onThrown(error: Error, request: AuthorizeRequest): Refused {
    const denied = denialOf(error);
    const conceal = concealer(request.token);
    if (denied) {
      const detail = oneLine(conceal(error.message));
      const expiredAt = denied === 'expired' ? expiryIn(error) : undefined;
      return {
        ...refusalOf(denied, request),
        ...(detail !== '' && { detail }),
        ...(expiredAt !== undefined && { expired_ms: this.#deps.clock.wall() - expiredAt }),
      };
    }
    this.#outages.write(() => ({ action: request.action, err: describe(error, conceal) }));
    return { granted: false, fault: outageFault };
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';

class LateError extends Error {
  constructor(timeoutMs: number) {
    super(`authorize has not answered within ${timeoutMs} ms.`);
  }
}

const outageFault = fault(
  'unavailable',
  'The server cannot check permissions at the moment. Try again.',
);

/** Describes a value without showing it. */
function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  const { denied } = value as { readonly denied?: unknown };
  return denied === undefined ? 'an object' : `denied: ${oneLine(String(denied))}`;
}

/** Errors quote their subject: keep the token out of the log. */
const concealer =
  (token: string | undefined) =>
  (text: string): string =>
    token ? text.replaceAll(token, '[token]') : text;

/** Copies field by field: an HTTP client's error holds the failed request, with its headers. */
function describe(error: Error, conceal: (text: string) => string): object {
  const { name: type, message, stack = '', code, cause } = error as Error & { code?: unknown };
  return {
    type,
    message: conceal(message),
    stack: conceal(stack),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(cause instanceof Error && { cause: conceal(`${cause.name}: ${cause.message}`) }),
  };
}
