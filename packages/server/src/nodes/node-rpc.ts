/** Queries from one node to another, with a time limit: a lost node never answers. */

import type { NodeStore } from '../stores/store.js';
import type { Cancel, Clock, Entropy } from '../util/clock.js';

const ANSWER_MS = 1_000;
const ID_BYTES = 9;
/** How often a node is asked whether it is there, before it counts as gone. */
const TRIES = 2;
/** A query that every node answers. */
const IS_THERE = 'is_there';

/** A query: what it is about, and its details. */
export interface NodeQuery {
  readonly about: string;
}

export type RpcMessage =
  | { readonly kind: 'ask'; readonly id: string; readonly from: string; readonly question: unknown }
  | { readonly kind: 'answer'; readonly id: string; readonly answer: unknown };

export interface NodeRpcDeps {
  readonly node: string;
  readonly nodes: NodeStore;
  readonly clock: Pick<Clock, 'after'>;
  readonly entropy: Pick<Entropy, 'token'>;
}

/** Answers a query of another node. */
export type RpcHandler = (query: NodeQuery) => unknown;

export class NodeRpc {
  readonly #deps: NodeRpcDeps;
  readonly #open = new Map<string, (answer: unknown) => void>();
  readonly #handlers = new Map<string, RpcHandler>();
  #stopped = false;

  constructor(deps: NodeRpcDeps) {
    this.#deps = deps;
  }

  /** Sets the handler that answers queries of other nodes about something. */
  onCall(about: string, handler: RpcHandler): void {
    this.#handlers.set(about, handler);
  }

  /**
   * Resolves with the node's answer, or with undefined if none arrives in time.
   *
   * @param answerMs how long it waits, in milliseconds
   * @param id what the answer is recognised by: no other query under way may have it
   */
  call(
    node: string,
    query: unknown,
    answerMs = ANSWER_MS,
    id = this.#deps.entropy.token(ID_BYTES),
  ): Promise<unknown> {
    const { nodes, clock } = this.#deps;
    if (this.#stopped) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      let cancel: Cancel = () => {};
      const settle = (answer: unknown) => {
        cancel();
        this.#open.delete(id);
        resolve(answer);
      };
      cancel = clock.after(answerMs, () => settle(undefined));
      this.#open.set(id, settle);
      const message: RpcMessage = { kind: 'ask', id, from: this.#deps.node, question: query };
      nodes.tell(node, JSON.stringify(message)).catch(() => settle(undefined));
    });
  }

  /**
   * Whether a node answers at all.
   *
   * @param tries how often it is asked: a message between nodes may be lost
   */
  async isThere(node: string, tries = TRIES): Promise<boolean> {
    for (let tried = 0; tried < tries; tried += 1) {
      if ((await this.call(node, IS_THERE)) !== undefined) return true;
    }
    return false;
  }

  /** No answer is waited for any more. */
  stop(): void {
    this.#stopped = true;
    for (const settle of [...this.#open.values()]) settle(undefined);
  }

  /** Receives a query or an answer from another node. */
  receive(message: RpcMessage): void {
    if (message.kind === 'answer') this.#open.get(message.id)?.(message.answer);
    else void this.#answer(message);
  }

  /** A node of a later version may ask about something unknown: that gets no answer. */
  #handle(query: NodeQuery): unknown {
    return this.#handlers.get(query.about)?.(query);
  }

  /** Never rejects: the asking node handles a missing answer. */
  async #answer({ id, from, question }: Extract<RpcMessage, { kind: 'ask' }>): Promise<void> {
    try {
      const answer = question === IS_THERE ? true : await this.#handle(question as NodeQuery);
      if (answer === undefined) return;
      const message: RpcMessage = { kind: 'answer', id, answer };
      await this.#deps.nodes.tell(from, JSON.stringify(message));
    } catch {
      // The asking node stops waiting after ANSWER_MS.
    }
  }
}
