/**
 * What Redis does with a log, each in one step.
 *
 * The head is a hash; every field is one letter or two:
 *
 *     e  epoch            o  appended offset     t  its tag       y  bytes of the log from its first event on
 *     c  durable head     k  its tag             b  base          g  its tag
 *     u  when it was made, or last lost events   pe, pr, pa  the incarnation before: epoch, reason, when
 *
 * The log is a stream. A batch's id is its last offset, so that the batch that holds an offset is the first
 * at or after it. Its fields, in this order:
 *
 *     t  tag    a  appended at    y  bytes of the log up to its end    n  events
 *     l  length of each event     p  the events, joined by commas
 *     m  message ids, if there are any     r  outcomes of its pieces, if some were not appended
 *
 * Appended is not durable: where replicas must have a batch first, `c` follows `o` later, and nobody reads
 * past `c` (I1). Everything here may be asked again with the same arguments.
 */

import { script } from './script.js';

/** A batch up to this size travels with its wake-up; a larger one is read by whoever needs it. */
const MAX_TOLD_BYTES = 32_768;

const HEAD = `
local function number(n) return string.format('%.0f', n) end

local function read_head(key)
  local v = redis.call('HMGET', key, 'e','o','t','y','c','k','b','g','pe','pr','pa','u')
  if not v[1] then return nil end
  return { e = v[1], o = tonumber(v[2]), t = v[3], y = tonumber(v[4]), c = tonumber(v[5]), k = v[6],
    b = tonumber(v[7]), g = v[8], pe = v[9], pr = v[10], pa = v[11], u = tonumber(v[12]) }
end

local function create_head(key, epoch, now)
  redis.call('HSET', key, 'e', epoch, 'o', '0', 't', '0', 'y', '0', 'c', '0', 'k', '0', 'b', '0', 'g', '0', 'u', now)
  return read_head(key)
end

local function show_head(h)
  return { h.e, number(h.c), h.k, number(h.b), h.g, h.pe or '', h.pr or '', h.pa or '', number(h.o) }
end

local function last_of(entry) return tonumber(string.match(entry[1], '^%d+')) end

-- The batch that holds an offset.
local function batch_at(log, offset)
  return redis.call('XRANGE', log, number(offset), '+', 'COUNT', 1)[1]
end

-- Whether what somebody was told to be the durable head is still in the log. What was told stays told: if a
-- failover has lost the word that it is durable, it is said again.
local function still_holds(h, head, log, epoch, offset, tag)
  if epoch ~= h.e or offset < h.b then return true end
  if offset == h.b then return tag == h.g end
  if offset == h.c then return tag == h.k end
  local entry = batch_at(log, offset)
  if not entry or last_of(entry) ~= offset or entry[2][2] ~= tag then return false end
  if offset > h.c then
    h.c, h.k = offset, tag
    redis.call('HSET', head, 'c', number(offset), 'k', tag)
  end
  return true
end

-- Tells other nodes how far the log is durable, and, if it is one batch more and small, which. A node that has
-- done it itself and listens is no reason to: \`own\` is 1 then.
local function wake(channel, origin, own, h, before, before_tag, first, at, bytes, lengths, payload)
  if redis.call('PUBSUB', NUMSUB, channel)[2] <= tonumber(own) then return end
  local message = table.concat({ origin, h.e, number(before), before_tag, number(h.c), h.k }, ' ')
  if payload and first == before + 1 and #payload <= ${MAX_TOLD_BYTES} then
    message = table.concat({ message, ' ', at, ' ', bytes, ' ', lengths, '\\n', payload })
  end
  redis.call(PUBLISH, channel, message)
end
`;

/** Sharded channels live on one node of a cluster; plain ones are told to all of them. */
const publishing = (sharded: boolean): string =>
  sharded
    ? `local PUBLISH, NUMSUB = 'SPUBLISH', 'SHARDNUMSUB'`
    : `local PUBLISH, NUMSUB = 'PUBLISH', 'NUMSUB'`;

/** For scripts that tell nobody anything. */
const SILENT = `local PUBLISH, NUMSUB = '', ''`;

/** KEYS head. ARGV epoch for a new one, now. */
export const OPEN = script(
  SILENT,
  HEAD,
  `return show_head(read_head(KEYS[1]) or create_head(KEYS[1], ARGV[1], ARGV[2]))`,
);

/**
 * KEYS head, log. ARGV the durable head as it was told: epoch, offset, tag.
 * The head, and whether that is still in the log; nothing if there is no such log.
 */
export const LOOK = script(
  SILENT,
  HEAD,
  `
local h = read_head(KEYS[1])
if not h then return false end
local holds = ARGV[1] == '' or still_holds(h, KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), ARGV[3])
return { show_head(h), holds and 1 or 0 }
`,
);

/**
 * KEYS head, log, ids, runs, run ids.
 * ARGV 1 epoch for a new log, 2 tag, 3 now, 4 whether it is durable at once, 5 channel, 6 origin, 7 whether
 *   that listens, 8 to 10 the durable head as it was told, 11 whether this was asked before, 12 how many
 *   pieces; then for each what it is (JSON or nothing), its number of events, their lengths, the events.
 * Answers, as one text with spaces: epoch, appended offset and tag before, bytes, whether the durable head as told holds, durable
 *   offset and tag before, base and its tag, whether the log is new; then for each piece 0 appended,
 *   1 duplicate or 2 fenced, first, last.
 */
export const append = (sharded: boolean) =>
  script(
    publishing(sharded),
    HEAD,
    `
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
    -- WAIT waits for writes of its own connection: there has to be one.
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
    return true
  end
  local open = what.k .. ' running '
  return state and string.sub(state, 1, #open) == open
end

local function finish(what)
  local lease = string.match(redis.call('HGET', runs, 's:' .. what.r), '^%d+ %a+ (%S+)')
  redis.call('HSET', runs, 's:' .. what.r, table.concat({ what.k, what.f, lease, now }, ' '))
end

local offset, first_offset = h.o, h.o + 1
local payloads, lengths, messages, outcomes, refused = {}, {}, {}, {}, false
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
  end
  table.insert(answer, code)
  table.insert(answer, number(first))
  table.insert(answer, number(last))
end
if offset == h.o then return table.concat(answer, ' ') end

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
`,
  );

/**
 * What was appended up to an offset is durable.
 *
 * KEYS head, log. ARGV epoch, offset, tag, channel, origin, whether that listens, then the durable head as it was
 * told.
 * Answers whether the batch is there, whether the durable head as told holds, durable offset and tag before.
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

/** KEYS head. A write, so that there is something to wait for; the appended offset and its tag. */
export const TOUCH = script(`
redis.call('HINCRBY', KEYS[1], 'w', 1)
return redis.call('HMGET', KEYS[1], 'e', 'o', 't', 'c')
`);

/**
 * KEYS head, log, spans. ARGV after, most bytes, whether spans are wanted, epoch for a new log, now.
 * The head; then batches as {id, fields} and spans as {first, last, tag, event}, in order.
 */
export const READ = script(
  SILENT,
  HEAD,
  `
local h = read_head(KEYS[1]) or create_head(KEYS[1], ARGV[4], ARGV[5])
local answer = { show_head(h) }
local most, bytes = tonumber(ARGV[2]), 0
local next = math.max(tonumber(ARGV[1]), h.b) + 1

-- Batches up to the one that holds an offset. Whether there is room for more.
local function events(to)
  local from, count = number(next), 4
  while next <= to do
    local entries = redis.call('XRANGE', KEYS[2], from, number(h.c), 'COUNT', count)
    for _, entry in ipairs(entries) do
      local size = #entry[2][12]
      if #answer > 1 and bytes + size > most then return false end
      table.insert(answer, entry)
      bytes = bytes + size
      next = last_of(entry) + 1
      if next > to then return true end
    end
    if #entries < count then return true end
    from = '(' .. entries[#entries][1]
    count = math.min(count * 2, 128)
  end
  return true
end

if ARGV[3] == '1' then
  local more = true
  while more do
    local spans = redis.call('ZRANGEBYSCORE', KEYS[3], number(next), number(h.c), 'WITHSCORES', 'LIMIT', 0, 50)
    more = #spans == 100
    for s = 1, #spans, 2 do
      local first = tonumber(spans[s + 1])
      if first >= next then
        if not events(first - 1) or (#answer > 1 and bytes >= most) then return answer end
        next = first
        local last, tag, event = string.match(spans[s], '^(%d+) (%S+) (.*)$')
        table.insert(answer, { number(first), last, tag, event })
        bytes = bytes + #event
        next = tonumber(last) + 1
      end
    end
  end
end
if #answer == 1 or bytes < most then events(h.c) end
return answer
`,
);

/** KEYS head, log. ARGV offset, epoch for a new log, now. The head, and the tag at the offset. */
export const LOCATE = script(
  SILENT,
  HEAD,
  `
local h = read_head(KEYS[1]) or create_head(KEYS[1], ARGV[2], ARGV[3])
local offset = tonumber(ARGV[1])
local tag = ''
if offset == h.b then tag = h.g
elseif offset == h.c then tag = h.k
elseif offset > h.b and offset < h.c then
  local entry = batch_at(KEYS[2], offset)
  tag = entry and entry[2][2] or ''
end
return { show_head(h), tag }
`,
);

/** KEYS head, log, spans. ARGV epoch, then of each span first, last, event. */
export const COMPACT = script(
  SILENT,
  HEAD,
  `
local h = read_head(KEYS[1])
if not h or h.e ~= ARGV[1] then return 0 end
for i = 2, #ARGV, 3 do
  local first, last = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  local entry = first > h.b and last <= h.c and batch_at(KEYS[2], last)
  if entry then
    redis.call('ZADD', KEYS[3], first, ARGV[i + 1] .. ' ' .. entry[2][2] .. ' ' .. ARGV[i + 2])
  end
end
return 1
`,
);

/**
 * KEYS head, log, ids, spans. ARGV appended before, most events, most bytes (each may be empty), most
 * batches, now. The base, and whether there may be more.
 */
export const TRIM = script(
  SILENT,
  HEAD,
  `
local h = read_head(KEYS[1])
if not h then return { '0', 0 } end
local before, events, bytes, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local trimmed, base, tag = 0, h.b, h.g

local function may_go(entry, last)
  if last > h.c then return false end
  if before and tonumber(entry[2][4]) < before then return true end
  if events and h.c - last >= events then return true end
  return bytes and h.y - tonumber(entry[2][6]) >= bytes
end

local from, over = '-', false
while not over and trimmed < most do
  local entries = redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', math.min(16, most - trimmed))
  for _, entry in ipairs(entries) do
    local last = last_of(entry)
    if not may_go(entry, last) then over = true break end
    trimmed, base, tag = trimmed + 1, last, entry[2][2]
    for f = 13, #entry[2], 2 do
      if entry[2][f] == 'm' then
        for id in string.gmatch(entry[2][f + 1], '%S+') do redis.call('HDEL', KEYS[3], id) end
      end
    end
  end
  if #entries == 0 then break end
  from = '(' .. entries[#entries][1]
end
if trimmed > 0 then
  redis.call('XTRIM', KEYS[2], 'MINID', number(base + 1))
  redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', number(base))
  redis.call('HSET', KEYS[1], 'b', number(base), 'g', tag, 'u', ARGV[5])
end
return { number(base), trimmed == most and 1 or 0 }
`,
);

/** KEYS head, log, ids, spans. ARGV the new epoch, now, channel, origin, whether that listens. The head. */
export const erase = (sharded: boolean) =>
  script(
    publishing(sharded),
    HEAD,
    `
local h = read_head(KEYS[1])
if h and h.e == ARGV[1] then return show_head(h) end
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
local new = create_head(KEYS[1], ARGV[1], ARGV[2])
if h then
  redis.call('HSET', KEYS[1], 'pe', h.e, 'pr', 'deleted', 'pa', ARGV[2])
  new = read_head(KEYS[1])
end
wake(ARGV[3], ARGV[4], ARGV[5], new, 0, '0')
return show_head(new)
`,
  );

/** KEYS head, log, ids, spans. */
export const FORGET = script(`
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
return 1
`);

/** KEYS head, log, ids, spans. ARGV idle since before, channel. Whether it was forgotten. */
export const forgetIdle = (sharded: boolean) =>
  script(
    publishing(sharded),
    HEAD,
    `
local h = read_head(KEYS[1])
if not h or h.o > h.b or h.u >= tonumber(ARGV[1]) then return 0 end
if redis.call('PUBSUB', NUMSUB, ARGV[2])[2] > 0 then return 0 end
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
return 1
`,
  );
