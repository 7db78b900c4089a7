/** A process of followers: it gets the threads to follow, and reports what they received. */

import { Follower, type FollowerPlan } from './follower.js';

const followers: Follower[] = [];

process.on('message', (message: FollowerPlan | 'look' | 'end') => {
  if (message === 'end') {
    for (const follower of followers) follower.close();
    process.exit(0);
  }
  if (message === 'look') {
    process.send?.(followers.map(({ seen }) => seen));
    return;
  }
  for (const thread_id of message.threads) followers.push(new Follower(message.url, thread_id));
});
process.on('disconnect', () => process.exit(1));
