/**
 * Saves the positions of v1 clients every second: a v1 client cannot report its own after a server crash. A session
 * that has not moved costs nothing.
 */

import type { RegistrarDeps } from '../sessions/registrar.js';
import type { Session } from '../sessions/session.js';
import type { Cancel } from '../util/clock.js';
import { asError } from '../util/errors.js';

const SAVE_EVERY_MS = 1_000;

export class PositionSaver {
  readonly #deps: RegistrarDeps;
  readonly #sessions: () => Iterable<Session>;
  #cancel: Cancel | undefined;
  #saving: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(deps: RegistrarDeps, sessions: () => Iterable<Session>) {
    this.#deps = deps;
    this.#sessions = sessions;
  }

  /** Starts saving, until no session is left. */
  start(): void {
    if (this.#stopped) return;
    this.#cancel ??= this.#deps.clock.after(SAVE_EVERY_MS, () => {
      this.#cancel = undefined;
      this.#saving = this.#save();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#saving;
  }

  /** Never rejects. */
  async #save(): Promise<void> {
    const sessions = [...this.#sessions()];
    const moved = sessions.filter(({ pump, record }) => pump.cursor !== record.position);
    await Promise.all(moved.map((session) => this.#saveOne(session)));
    if (sessions.length > 0) this.start();
  }

  async #saveOne(session: Session): Promise<void> {
    const { store, logger } = this.#deps;
    const record = { ...session.record, position: session.pump.cursor };
    session.record = record;
    try {
      await store.sessions.put(record, record);
    } catch (error) {
      logger.error({ err: asError(error), what: 'position' }, 'The store cannot answer');
    }
  }
}
