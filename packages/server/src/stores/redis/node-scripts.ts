/** The scripts on the list of nodes. They use the clock of Redis, because the clocks of the nodes may differ. */

import { script } from './script.js';

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** KEYS nodes. ARGV node, for how many milliseconds. Answers whether the node was on the list. */
export const BEAT = script(NOW, `return 1 - redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])`);

/** KEYS nodes. Answers the live nodes. */
export const ALIVE = script(NOW, `return redis.call('ZRANGEBYSCORE', KEYS[1], now, '+inf')`);

/** KEYS nodes. Answers the nodes whose heartbeat has lapsed. */
export const LOST = script(NOW, `return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. now)`);

/** KEYS lease. ARGV node, lifetime in milliseconds. Answers whether the node holds it. */
export const ACQUIRE_LEASE = script(`
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`);

/** KEYS lease. ARGV node. */
export const RELEASE_LEASE = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`);
