/**
 * The atomic scripts on the runs of a thread. A run is two fields of the thread's hash: `d:<id>`, the run as it
 * was begun, in JSON, and `s:<id>`, its state: token, status, lease, end. Appends that
 * open, fence and close runs are in `append-scripts.ts`; the field `open` is explained in `thread-scripts.ts`.
 */

import { script } from './script.js';
import { OPEN_RUNS } from './thread-scripts.js';

const STATE = `
local function read_state(id)
  local state = redis.call('HGET', KEYS[1], 's:' .. id)
  if not state then return nil end
  local token, status, lease, ended = string.match(state, '^(%d+) (%a+) (%S+) (%S+)$')
  return { token = tonumber(token), status = status, lease = lease, ended = ended }
end

local function write_state(id, s)
  local state = table.concat({ string.format('%.0f', s.token), s.status, s.lease, s.ended }, ' ')
  redis.call('HSET', KEYS[1], 's:' .. id, state)
end

local function show(id)
  local v = redis.call('HMGET', KEYS[1], 'd:' .. id, 's:' .. id)
  return v[1] and v[2] and { v[1], v[2] } or false
end
`;

/**
 * KEYS runs, run ids. ARGV id, JSON, lease, whether it is published, whether this is a repeated attempt.
 * Answers whether the run is open now.
 */
export const START_RUN = script(
  STATE,
  OPEN_RUNS,
  `
local known = redis.call('HGET', KEYS[1], 'd:' .. ARGV[1])
if known then return ARGV[5] == '1' and known == ARGV[2] and 1 or 0 end
redis.call('HSET', KEYS[1], 'd:' .. ARGV[1], ARGV[2])
write_state(ARGV[1], { token = 1, status = 'running', lease = ARGV[3], ended = '0' })
redis.call('ZADD', KEYS[2], 0, ARGV[1])
if ARGV[4] == '1' then add_open(KEYS[1], ARGV[1]) end
return 1
`,
);

/** KEYS runs. ARGV id. Answers JSON and state, or nothing. */
export const GET_RUN = script(STATE, 'return show(ARGV[1])');

/** KEYS runs. ARGV id. Answers the run with the next token, or nothing if it is closed. */
export const TAKE_RUN = script(
  STATE,
  `
local s = read_state(ARGV[1])
if not s or s.status ~= 'running' then return false end
s.token = s.token + 1
write_state(ARGV[1], s)
return show(ARGV[1])
`,
);

/** KEYS runs. ARGV id, token, lease. Answers whether the token holds the run. */
export const RENEW_RUN = script(
  STATE,
  `
local s = read_state(ARGV[1])
if not s or s.status ~= 'running' or s.token ~= tonumber(ARGV[2]) then return 0 end
s.lease = ARGV[3]
write_state(ARGV[1], s)
return 1
`,
);

/** KEYS runs, run ids. ARGV id. Answers the removed run, or nothing if it is open or unknown. */
export const REMOVE_RUN = script(
  STATE,
  OPEN_RUNS,
  `
local s = read_state(ARGV[1])
if not s or s.status == 'running' then return false end
local run = show(ARGV[1])
redis.call('HDEL', KEYS[1], 'd:' .. ARGV[1], 's:' .. ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
remove_open(KEYS[1], ARGV[1])
return run
`,
);

/** KEYS runs, run ids. ARGV after, limit. Answers JSON and state of each, by id. */
export const LIST_RUNS = script(
  STATE,
  `
local answer = {}
for _, id in ipairs(redis.call('ZRANGEBYLEX', KEYS[2], '(' .. ARGV[1], '+', 'LIMIT', 0, ARGV[2])) do
  local run = show(id)
  if run then table.insert(answer, run) end
end
return answer
`,
);
