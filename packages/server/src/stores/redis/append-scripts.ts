/** The scripts that append to a log and mark an append as durable. The layout is in `log-head.ts`. */

import { HEAD, publishing } from './log-head.js';
import { script } from './script.js';
import { OPEN_RUNS, TOUCH_ENTRY } from './thread-scripts.js';

const KEYS_OF_A_LOG = 5;

/**
 * Appends to several logs, one after the other. A failure of one log does not affect the others. Logs are many and
 * their appends small, so a script call for each would cost more than the append itself.
 *
 * KEYS for each log: head, log, ids, runs, run ids. ARGV for each log: how many follow, then
 *   1 epoch for a new log, 2 tag, 3 now, 4 whether the append is durable at once, 5 channel, 6 origin, 7 whether
 *   the origin listens, 8 to 10 the durable head that the caller knows, 11 whether this is a repeated attempt, 12 how
 *   many pieces; then for each piece its description (JSON or nothing), number of events, their lengths, the events.
 * Answers for each log, as one text with spaces: epoch, appended offset and tag before, bytes, whether the known
 *   durable head still holds, durable offset and tag before, base and its tag, whether the log is new; then for each
 *   piece 0 appended, 1 duplicate or 2 fenced, first, last; then, if the thread's place in the list changed, its last
 *   activity and its owner's digest. An answer that begins with an exclamation mark is an error of Redis. If every log
 *   failed, the script fails with the first error.
 */
export const append = (sharded: boolean) =>
  script(
    publishing(sharded),
    HEAD,
    OPEN_RUNS,
    TOUCH_ENTRY,
    `
local function append(KEYS, ARGV)
local head, log, ids, runs, run_ids = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local tag, now = ARGV[2], ARGV[3]
local h = read_head(head)
local new = not h
if new then h = create_head(head, ARGV[1], now) end
local holds = ARGV[8] == '' or still_holds(h, head, log, ARGV[8], tonumber(ARGV[9]), ARGV[10])
local answer = { h.e, number(h.o), h.t, number(h.y), holds and 1 or 0, number(h.c), h.k, number(h.b), h.g, new and 1 or 0 }
local pieces = tonumber(ARGV[12])

-- The answer to the first attempt may have been lost: then the batch is here.
if ARGV[11] == '1' then
  if ARGV[8] ~= '' and h.e ~= ARGV[8] then return 'unknown' end
  local from, seen, found = '+', 0, nil
  while not found and seen < 2000 do
    local entries = redis.call('XREVRANGE', log, from, '-', 'COUNT', 100)
    for _, entry in ipairs(entries) do
      if entry[2][2] == tag then found = entry break end
    end
    if #entries == 0 then break end
    seen = seen + #entries
    from = '(' .. entries[#entries][1]
  end
  if not found and seen >= 2000 then return 'unknown' end
  if found then
    local fields, outcomes = found[2], nil
    for f = 13, #fields, 2 do if fields[f] == 'r' then outcomes = fields[f + 1] end end
    local last = last_of(found)
    local offset = last - tonumber(fields[8])
    local before = redis.call('XREVRANGE', log, '(' .. found[1], '-', 'COUNT', 1)[1]
    answer[2] = number(offset)
    answer[3] = before and before[2][2] or h.g
    answer[4] = number(tonumber(fields[6]) - #fields[12])
    local i = 13
    local given = {}
    if outcomes then for o in string.gmatch(outcomes, '[^,]+') do table.insert(given, o) end end
    for p = 1, pieces do
      local code, first, after = string.match(given[p] or '0', '^(%d):?(%d*):?(%d*)$')
      local count = tonumber(ARGV[i + 1])
      i = i + 4
      table.insert(answer, tonumber(code))
      if code == '0' then
        table.insert(answer, number(offset + 1))
        offset = offset + count
        table.insert(answer, number(offset))
      else
        table.insert(answer, first == '' and '0' or first)
        table.insert(answer, after == '' and '0' or after)
      end
    end
    local at, owner = show_place(head)
    if at then
      table.insert(answer, at)
      table.insert(answer, owner)
    end
    -- WAIT counts only writes of the same connection, so this attempt needs one.
    redis.call('HINCRBY', head, 'w', 1)
    if ARGV[4] == '1' and h.c < last then
      local c, k = h.c, h.k
      h.c, h.k = last, tag
      redis.call('HSET', head, 'c', number(last), 'k', tag)
      wake(ARGV[5], ARGV[6], ARGV[7], h, c, k)
    end
    return table.concat(answer, ' ')
  end
end

local function admits(what)
  local state = redis.call('HGET', runs, 's:' .. what.r)
  if what.s then
    if state then return false end
    redis.call('HSET', runs, 'd:' .. what.r, what.s, 's:' .. what.r, '1 running ' .. what.l .. ' 0')
    redis.call('ZADD', run_ids, 0, what.r)
    if what.o then add_open(runs, what.r) end
    return true
  end
  local open = what.k .. ' running '
  return state and string.sub(state, 1, #open) == open
end

local function finish(what)
  local lease = string.match(redis.call('HGET', runs, 's:' .. what.r), '^%d+ %a+ (%S+)')
  redis.call('HSET', runs, 's:' .. what.r, table.concat({ what.k, what.f, lease, now }, ' '))
  remove_open(runs, what.r)
end

local offset, first_offset = h.o, h.o + 1
local payloads, lengths, messages, outcomes, refused, moved = {}, {}, {}, {}, false, false
local i = 13
for p = 1, pieces do
  local what = ARGV[i] ~= '' and cjson.decode(ARGV[i]) or {}
  local count, lens, payload = tonumber(ARGV[i + 1]), ARGV[i + 2], ARGV[i + 3]
  i = i + 4
  local range = what.m and redis.call('HGET', ids, what.m)
  local code, first, last = 0, offset + 1, offset + count
  if range then
    first, last = string.match(range, '^(%d+):(%d+)$')
    code, first, last = 1, tonumber(first), tonumber(last)
    refused = true
    table.insert(outcomes, '1:' .. range)
  elseif what.r and not admits(what) then
    code, first, last, refused = 2, 0, 0, true
    table.insert(outcomes, '2')
  else
    offset = last
    table.insert(payloads, payload)
    table.insert(lengths, lens)
    table.insert(outcomes, '0')
    if what.m then
      redis.call('HSET', ids, what.m, number(first) .. ':' .. number(last))
      table.insert(messages, what.m)
    end
    if what.f then finish(what) end
    if what.x and touch_entry(head, what.x, now) then moved = true end
  end
  table.insert(answer, code)
  table.insert(answer, number(first))
  table.insert(answer, number(last))
end
if offset == h.o then return table.concat(answer, ' ') end
if moved then
  local at, owner = show_place(head)
  table.insert(answer, at)
  table.insert(answer, owner)
end

local payload = #payloads == 1 and payloads[1] or table.concat(payloads, ',')
local bytes = number(h.y + #payload)
local fields = { 't', tag, 'a', now, 'y', bytes, 'n', number(offset - h.o), 'l', table.concat(lengths, ','), 'p', payload }
if #messages > 0 then
  table.insert(fields, 'm')
  table.insert(fields, table.concat(messages, ' '))
end
if refused then
  table.insert(fields, 'r')
  table.insert(fields, table.concat(outcomes, ','))
end
redis.call('XADD', log, number(offset), unpack(fields))
if ARGV[4] == '1' then
  local c, k = h.c, h.k
  h.c, h.k = offset, tag
  redis.call('HSET', head, 'o', number(offset), 't', tag, 'y', bytes, 'c', number(offset), 'k', tag)
  wake(ARGV[5], ARGV[6], ARGV[7], h, c, k, first_offset, now, bytes, fields[10], payload)
else
  redis.call('HSET', head, 'o', number(offset), 't', tag, 'y', bytes)
end
return table.concat(answer, ' ')
end

local answers, refusal, a = {}, nil, 1
for k = 1, #KEYS, ${KEYS_OF_A_LOG} do
  local keys, args, count = {}, {}, tonumber(ARGV[a])
  for n = 1, ${KEYS_OF_A_LOG} do keys[n] = KEYS[k + n - 1] end
  for n = 1, count do args[n] = ARGV[a + n] end
  a = a + count + 1
  local done, answer = pcall(append, keys, args)
  if not done then
    if type(answer) == 'table' then answer = answer.err end
    refusal = refusal or answer
    answer = '!' .. answer
  end
  table.insert(answers, answer)
end
for _, answer in ipairs(answers) do
  if string.sub(answer, 1, 1) ~= '!' then return answers end
end
return { err = refusal }
`,
  );

/**
 * Marks everything up to an offset as durable.
 *
 * KEYS head, log. ARGV epoch, offset, tag, channel, origin, whether the origin listens, then the durable head that
 * the caller knows.
 * Answers whether the batch is there, whether the known head still holds, durable offset and tag before.
 */
export const commit = (sharded: boolean) =>
  script(
    publishing(sharded),
    HEAD,
    `
local h = read_head(KEYS[1])
local offset, tag = tonumber(ARGV[2]), ARGV[3]
if not h or h.e ~= ARGV[1] then return { 0, 1, '0', '0' } end
local entry = batch_at(KEYS[2], offset)
local there = offset <= h.b or (entry and last_of(entry) == offset and entry[2][2] == tag)
local holds = ARGV[7] == '' or still_holds(h, KEYS[1], KEYS[2], ARGV[7], tonumber(ARGV[8]), ARGV[9])
local c, k = h.c, h.k
if there and offset > h.c then
  h.c, h.k = offset, tag
  redis.call('HSET', KEYS[1], 'c', number(offset), 'k', tag)
  local f = entry and entry[2] or {}
  wake(ARGV[4], ARGV[5], ARGV[6], h, c, k, entry and offset - tonumber(f[8]) + 1, f[4], f[6], f[10], f[12])
end
return { there and 1 or 0, holds and 1 or 0, number(c), k }
`,
  );

/** KEYS head. A write for WAIT to count. Answers epoch, appended offset, its tag and the durable offset. */
export const TOUCH = script(`
redis.call('HINCRBY', KEYS[1], 'w', 1)
return redis.call('HMGET', KEYS[1], 'e', 'o', 't', 'c')
`);
