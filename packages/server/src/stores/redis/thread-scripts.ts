/**
 * The scripts on a thread's entry in the list of threads. The entry is part of the head of the thread's log (see
 * `log-head.ts`), so that it goes with the log even if a node of an earlier version erases the thread:
 *
 *     lc  entered         la  last activity      lm  metadata, JSON
 *     lu  owner, JSON     lk  the owner's digest     lt  title, JSON; null if it was removed
 *     lx  digests of owners from before an erasure, until the thread has left their lists
 *
 * The ids of a thread's open runs are in the hash of its runs: field `open`, separated by spaces.
 */

import { script } from './script.js';

/** For the script that appends. */
export const TOUCH_ENTRY = `
-- x: a whether the last activity is now, u and k the owner and its digest, t the title. Whether its place changes.
local function touch_entry(head, x, now)
  local v = redis.call('HMGET', head, 'la', 'lu', 'lt')
  local at = number(math.floor(tonumber(now)))
  local moved = not v[1] or (x.a and tonumber(at) > tonumber(v[1]))
  local owned = x.u and not v[2]
  if not v[1] then redis.call('HSET', head, 'lc', at, 'la', at, 'lm', '{}')
  elseif moved then redis.call('HSET', head, 'la', at) end
  if owned then redis.call('HSET', head, 'lu', x.u, 'lk', x.k) end
  if x.t and not v[3] then redis.call('HSET', head, 'lt', x.t) end
  return moved or owned
end

-- Where the entry belongs in the list.
local function show_place(head)
  local v = redis.call('HMGET', head, 'la', 'lk')
  return v[1], v[2] or '-'
end
`;

/** For scripts that open and end runs. */
export const OPEN_RUNS = `
local function add_open(runs, id)
  local open = redis.call('HGET', runs, 'open')
  redis.call('HSET', runs, 'open', open and open .. ' ' .. id or id)
end

local function remove_open(runs, id)
  local open = redis.call('HGET', runs, 'open')
  if not open then return end
  local left = {}
  for each in string.gmatch(open, '%S+') do
    if each ~= id then table.insert(left, each) end
  end
  if #left > 0 then redis.call('HSET', runs, 'open', table.concat(left, ' '))
  else redis.call('HDEL', runs, 'open') end
end
`;

/**
 * KEYS head, runs. The entry as entered, last activity, owner, title, metadata, durable head, whether it is running;
 * nothing if there is none. A node of an earlier version may have ended a run that is still listed as open.
 */
export const GET_ENTRY = script(`
local v = redis.call('HMGET', KEYS[1], 'lc', 'la', 'lu', 'lt', 'lm', 'c')
if not v[2] then return false end
local running = 0
for id in string.gmatch(redis.call('HGET', KEYS[2], 'open') or '', '%S+') do
  local state = redis.call('HGET', KEYS[2], 's:' .. id)
  if state and string.match(state, '^%d+ running ') then running = 1 end
end
return { v[1], v[2], v[3] or '', v[4] or '', v[5], v[6], running }
`);

/**
 * KEYS head. ARGV now, then, each empty if it stays: title, metadata, owner (null removes it), its digest.
 * The last activity and the digest of the owner before; nothing for a thread without entry that never had an event.
 */
export const UPDATE_ENTRY = script(`
local v = redis.call('HMGET', KEYS[1], 'c', 'la', 'lk')
if not v[1] or (not v[2] and tonumber(v[1]) == 0) then return false end
if not v[2] then redis.call('HSET', KEYS[1], 'lc', ARGV[1], 'la', ARGV[1], 'lm', '{}') end
if ARGV[2] ~= '' then redis.call('HSET', KEYS[1], 'lt', ARGV[2]) end
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'lm', ARGV[3]) end
if ARGV[4] == 'null' then redis.call('HDEL', KEYS[1], 'lu', 'lk')
elseif ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'lu', ARGV[4], 'lk', ARGV[5]) end
return { v[2] or ARGV[1], v[3] or '' }
`);

/** KEYS places. ARGV thread, its score as it was seen or nothing, its score as it should be or nothing. */
export const CORRECT_PLACE = script(`
if (redis.call('ZSCORE', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
if ARGV[3] == '' then redis.call('ZREM', KEYS[1], ARGV[1])
else redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1]) end
return 1
`);
