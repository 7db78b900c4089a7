/** A process of followers: it gets the threads to follow, and reports what they received. */

import { answerWith } from '../support/answer.mjs';
import { Follower } from './follower.js';

const followers: Follower[] = [];

const handlers = {
  /** Opens a session for each of these threads. */
  follow({ url, threads }: { readonly url: string; readonly threads: readonly string[] }) {
    for (const thread_id of threads) followers.push(new Follower(url, thread_id));
  },
  seen: () => followers.map(({ seen }) => seen),
};

export type FollowerHandlers = typeof handlers;

answerWith(handlers);
