/** What one node asks another, and how long it waits for an answer. A node that is gone answers nothing. */

import type { NodeStore } from '../stores/store.js';
import type { Cancel, Clock, Entropy } from '../util/clock.js';

const ANSWER_MS = 1_000;
const ID_BYTES = 9;

export type RpcMessage =
  | { readonly kind: 'ask'; readonly id: string; readonly from: string; readonly question: unknown }
  | { readonly kind: 'answer'; readonly id: string; readonly answer: unknown };

export interface NodeRpcDeps {
  readonly node: string;
  readonly nodes: NodeStore;
  readonly clock: Pick<Clock, 'after'>;
  readonly entropy: Pick<Entropy, 'token'>;
}

/** Answers a question of another node. */
export type RpcHandler = (query: unknown) => Promise<unknown>;

export class NodeRpc {
  readonly #deps: NodeRpcDeps;
  readonly #open = new Map<string, (answer: unknown) => void>();
  #handler: RpcHandler | undefined;

  constructor(deps: NodeRpcDeps) {
    this.#deps = deps;
  }

  /** Takes over the answering. */
  onCall(handler: RpcHandler): void {
    this.#handler = handler;
  }

  /** Resolves with the node's answer; with undefined if there is none in time. */
  call(node: string, query: unknown): Promise<unknown> {
    const { nodes, clock, entropy } = this.#deps;
    const id = entropy.token(ID_BYTES);
    return new Promise((resolve) => {
      let cancel: Cancel = () => {};
      const settle = (answer: unknown) => {
        cancel();
        this.#open.delete(id);
        resolve(answer);
      };
      cancel = clock.after(ANSWER_MS, () => settle(undefined));
      this.#open.set(id, settle);
      const message: RpcMessage = { kind: 'ask', id, from: this.#deps.node, question: query };
      nodes.tell(node, JSON.stringify(message)).catch(() => settle(undefined));
    });
  }

  /** Takes a question or an answer from another node. */
  receive(message: RpcMessage): void {
    if (message.kind === 'answer') this.#open.get(message.id)?.(message.answer);
    else void this.#answer(message);
  }

  /** Never rejects: who gets no answer knows what to make of it. */
  async #answer({ id, from, question }: Extract<RpcMessage, { kind: 'ask' }>): Promise<void> {
    try {
      const answer = await this.#handler?.(question);
      if (answer === undefined) return;
      const message: RpcMessage = { kind: 'answer', id, answer };
      await this.#deps.nodes.tell(from, JSON.stringify(message));
    } catch {
      // The other one waits no longer than it has to.
    }
  }
}
