/**
 * This node among the servers on one store. It says that it lives; whoever has the duty looks for those that
 * do not any more, and puts in order what they have left: their sessions can be resumed, their runs are
 * ended.
 *
 *     beat ──► on the list? ──no──► given up in the meantime: our clients register anew
 *      ▲           │yes
 *      │      lost nodes, and the duty is ours? ──yes──► their sessions, their runs, then they are forgotten
 *      └───────────┘
 */

import type { ThreadEphemeral } from '@session-monitor/protocol';
import type { Cancel, Clock, Entropy } from '../clock.js';
import { asError } from '../errors.js';
import type { Logger, Trace } from '../observe/trace.js';
import type { Runs } from '../runs/runs.js';
import type { OtherNodes } from '../sessions/registrar.js';
import type { Registry } from '../sessions/registry.js';
import type { NodeStore, SessionRecord } from '../stores/store.js';
import { Questions, type QuestionWord } from './questions.js';

/** A dead node is found within the time that it has left, one beat, and what it takes to look. */
export const BEAT_MS = 1_500;
const ALIVE_MS = 5_000;
const DUTY_MS = 5_000;

/** What nodes tell each other. */
type Word =
  | {
      readonly kind: 'moved';
      readonly session_id: string;
      readonly generation: number;
      readonly taken_over: boolean;
    }
  | QuestionWord;

export interface MembershipParts {
  readonly node: string;
  readonly nodes: NodeStore;
  readonly registry: () => Registry;
  readonly runs: () => Runs;
  readonly clock: Clock;
  readonly entropy: Pick<Entropy, 'token'>;
  readonly trace: Trace;
  readonly logger: Logger;
}

export class Membership implements OtherNodes {
  readonly questions: Questions;
  readonly #parts: MembershipParts;
  #alive: ReadonlySet<string> = new Set();
  #stopListening: (() => void) | undefined;
  #cancel: Cancel | undefined;
  #beating: Promise<void> | undefined;
  /** Since when every beat was heard, in monotonic milliseconds. */
  #heardSince: number | undefined;
  #entered = false;
  #stopped = false;

  constructor(parts: MembershipParts) {
    this.#parts = parts;
    this.questions = new Questions(parts);
  }

  /** Enters the list. Never rejects: if the store does not answer, the next beat tries again. */
  async start(): Promise<void> {
    const { nodes, node } = this.#parts;
    this.#stopListening = nodes.listen(node, (text) => this.#hear(text));
    nodes.onWhisper((_, text) => {
      this.#parts.registry().whisperHere(JSON.parse(text) as ThreadEphemeral);
    });
    await this.#beat();
    this.#next();
  }

  /** Leaves the list: what this node had is in order. */
  async stop(): Promise<void> {
    const { nodes, node, logger } = this.#parts;
    this.#stopped = true;
    this.#cancel?.();
    await this.#beating;
    this.#stopListening?.();
    try {
      await nodes.forget(node);
    } catch (error) {
      logger.warn({ err: asError(error) }, 'Other nodes will find out that this one has stopped');
    }
  }

  isAlive(node: string): boolean {
    return node !== this.#parts.node && this.#alive.has(node);
  }

  /** The other nodes that live, as of the newest beat. */
  get others(): readonly string[] {
    return [...this.#alive].filter((node) => this.isAlive(node));
  }

  onMoved(former: SessionRecord, { session_id, generation }: SessionRecord, takenOver: boolean) {
    const { nodes, node, logger } = this.#parts;
    if (former.node === node) return;
    const word: Word = { kind: 'moved', session_id, generation, taken_over: takenOver };
    nodes.tell(former.node, JSON.stringify(word)).catch((error: unknown) => {
      logger.warn(
        { err: asError(error), session_id },
        'A node was not told of a session that moved',
      );
    });
  }

  whisper(ephemeral: ThreadEphemeral): void {
    const { nodes } = this.#parts;
    // Who is not reached is not reached: that is what ephemeral means.
    nodes.whisper(ephemeral.thread_id, JSON.stringify(ephemeral)).catch(() => {});
  }

  #hear(text: string): void {
    const word = JSON.parse(text) as Word;
    // A later version may say what this one does not know.
    if (word.kind === 'moved') {
      this.#parts.registry().evict(word.session_id, word.generation, word.taken_over);
    } else if (word.kind === 'ask' || word.kind === 'answer') this.questions.hear(word);
  }

  #next(): void {
    if (this.#stopped) return;
    this.#cancel = this.#parts.clock.after(BEAT_MS, () => {
      this.#beating = this.#beat().finally(() => this.#next());
    });
  }

  /** Never rejects: the next beat comes. */
  async #beat(): Promise<void> {
    const { nodes, node, logger, clock } = this.#parts;
    try {
      const known = await nodes.beat(node, ALIVE_MS);
      this.#alive = new Set(await nodes.alive());
      this.#heardSince ??= clock.now();
      if (!known && this.#entered) this.#beginAnew();
      this.#entered = true;
      await this.#lookForLost(this.#heardSince);
    } catch (error) {
      this.#heardSince = undefined;
      logger.error({ err: asError(error) }, 'The store does not hear that this node lives');
    }
  }

  /** Others have taken this node for dead, and its sessions for lost. */
  #beginAnew(): void {
    const { logger, registry } = this.#parts;
    logger.warn({}, 'This node was given up by the others; its clients are asked to come back');
    registry().dropAll();
  }

  async #lookForLost(heardSince: number): Promise<void> {
    const { nodes, node, clock } = this.#parts;
    // After an outage of the store nobody was heard for a while: the others get their time to speak first.
    if (clock.now() - heardSince < ALIVE_MS) return;
    if (!(await nodes.hold('lost-nodes', node, DUTY_MS))) return;
    const lost = (await nodes.lost()).filter((each) => each !== node);
    if (lost.length > 0) await this.#putInOrder(new Set(lost));
  }

  async #putInOrder(lost: ReadonlySet<string>): Promise<void> {
    const { nodes, registry, runs, trace } = this.#parts;
    const sessions = await registry().recover(lost);
    const ended = await runs().recover(lost);
    for (const each of lost) {
      trace('node_lost', { lost: each, sessions, runs: ended });
      await nodes.forget(each);
    }
  }
}
