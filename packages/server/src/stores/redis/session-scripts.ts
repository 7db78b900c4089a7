/**
 * The atomic scripts on a session's record and the indexes of its shard. A record is a hash: `j` the record as
 * JSON, `g` its generation, `s` its state, `f` its place among its thread's.
 */

import { script } from './script.js';

/**
 * KEYS record, all, due, following, state. ARGV 1 id, 2 expected generation, 3 JSON, 4 generation, 5 state,
 *   6 place, 7 when it is due or nothing, 8 after how many milliseconds Redis may forget it or nothing,
 *   9 whether this is a repeated attempt.
 * Answers whether it was written.
 */
export const PUT_SESSION = script(`
local record, all, due, following, state = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local id = ARGV[1]
local v = redis.call('HMGET', record, 'g', 's', 'f', 'j')
if (v[1] or '0') ~= ARGV[2] then return ARGV[9] == '1' and v[4] == ARGV[3] and 1 or 0 end
redis.call('HSET', record, 'j', ARGV[3], 'g', ARGV[4], 's', ARGV[5], 'f', ARGV[6])
if ARGV[8] == '' then redis.call('PERSIST', record) else redis.call('PEXPIRE', record, ARGV[8]) end
redis.call('ZADD', all, 0, id)
if v[3] and v[3] ~= ARGV[6] then redis.call('ZREM', following, v[3]) end
redis.call('ZADD', following, 0, ARGV[6])
if v[2] and v[2] ~= ARGV[5] then redis.call('ZREM', state .. v[2], id) end
redis.call('ZADD', state .. ARGV[5], 0, id)
if ARGV[7] == '' then redis.call('ZREM', due, id) else redis.call('ZADD', due, ARGV[7], id) end
return 1
`);

/** KEYS as above. ARGV id, expected generation or nothing if it is gone, whether this is a repeated attempt. */
export const REMOVE_SESSION = script(`
local record, all, due, following, state = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local id = ARGV[1]
local v = redis.call('HMGET', record, 'g', 's', 'f')
if (v[1] or '') ~= ARGV[2] then return ARGV[3] == '1' and not v[1] and 1 or 0 end
redis.call('DEL', record)
redis.call('ZREM', all, id)
redis.call('ZREM', due, id)
if v[3] then redis.call('ZREM', following, v[3]) end
for _, each in ipairs({ 'connected', 'disconnected', 'expired' }) do redis.call('ZREM', state .. each, id) end
return 1
`);
