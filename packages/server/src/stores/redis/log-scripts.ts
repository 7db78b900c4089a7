/** The atomic scripts on a log. The layout is in `log-head.ts`, the appends are in `append-scripts.ts`. */

import { HEAD, publishing, SILENT } from './log-head.js';
import { script } from './script.js';

/** KEYS head. ARGV epoch for a new one, now. */
export const OPEN = script(
  SILENT,
  HEAD,
  `return show_head(read_head(KEYS[1]) or create_head(KEYS[1], ARGV[1], ARGV[2]))`,
);

/**
 * KEYS head, log. ARGV the durable head that the caller knows: epoch, offset, tag.
 * Answers the head, and whether the known one is still in the log; nothing if there is no such log.
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
 * KEYS head, log, compacted ranges. ARGV after, most bytes, whether compacted ranges are wanted, epoch for a new log,
 * now. Answers the head; then batches as {id, fields} and compacted ranges as {first, last, tag, event}, in order.
 */
export const READ = script(
  SILENT,
  HEAD,
  `
local h = read_head(KEYS[1]) or create_head(KEYS[1], ARGV[4], ARGV[5])
local answer = { show_head(h) }
local most, bytes = tonumber(ARGV[2]), 0
local next = math.max(tonumber(ARGV[1]), h.b) + 1

-- Adds batches up to the one that holds an offset. Returns whether there is room for more.
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

/** KEYS head, log, compacted ranges. ARGV epoch, then of each compacted range first, last, event. */
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
 * KEYS head, log, ids, compacted ranges. ARGV appended before, most events, most bytes (each may be empty), most
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

/**
 * KEYS head, log, ids, compacted ranges. ARGV the new epoch, now, channel, origin, whether the origin listens. Answers
 * the head, and the digests of owners whose lists hold the thread.
 */
export const erase = (sharded: boolean) =>
  script(
    publishing(sharded),
    HEAD,
    `
local h = read_head(KEYS[1])
local left = redis.call('HMGET', KEYS[1], 'lx', 'lk')
local function shown(head, owners)
  local answer = show_head(head)
  table.insert(answer, owners)
  return answer
end
if h and h.e == ARGV[1] then return shown(h, left[1] or '') end
local owners = (left[1] or '') .. ' ' .. (left[2] or '')
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
local new = create_head(KEYS[1], ARGV[1], ARGV[2])
if h then
  redis.call('HSET', KEYS[1], 'pe', h.e, 'pr', 'deleted', 'pa', ARGV[2])
  new = read_head(KEYS[1])
end
wake(ARGV[3], ARGV[4], ARGV[5], new, 0, '0')
if owners ~= ' ' then redis.call('HSET', KEYS[1], 'lx', owners) end
return shown(new, owners)
`,
  );

/** KEYS head, log, ids, compacted ranges. */
export const FORGET = script(`
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
return 1
`);

/** KEYS head, log, ids, compacted ranges. ARGV idle since before, channel. Whether it was forgotten. */
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
