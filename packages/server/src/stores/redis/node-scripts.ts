/** What Redis does with the list of nodes. Its own clock counts: those of the nodes may differ. */

import { script } from './script.js';

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** KEYS nodes. ARGV node, for how many milliseconds. Whether it was on the list. */
export const BEAT = script(NOW, `return 1 - redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])`);

/** KEYS nodes. Nodes that live. */
export const ALIVE = script(NOW, `return redis.call('ZRANGEBYSCORE', KEYS[1], now, '+inf')`);

/** KEYS nodes. Nodes whose time is over. */
export const LOST = script(NOW, `return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. now)`);

/** KEYS lease. ARGV node, lifetime in milliseconds. Whether the node holds it. */
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
