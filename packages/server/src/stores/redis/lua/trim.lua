-- KEYS head, log, ids, compacted ranges. Arguments: before (appended before), max_events, max_bytes (what may stay;
-- each may be missing), max_batches, now. Answers the base, and whether there may be more.
-- include: head

local head, log, ids, ranges = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local h = read_head(head)
if not h then return { 'base', '0', 'more', 0 } end
local before, max_events, max_bytes = tonumber(args.before), tonumber(args.max_events), tonumber(args.max_bytes)
local max_batches = tonumber(args.max_batches)
local trimmed, base, tag = 0, h.base, h.base_tag

local function may_go(batch)
  if batch.last > h.offset then return false end
  if before and tonumber(batch.a) < before then return true end
  if max_events and h.offset - batch.last >= max_events then return true end
  return max_bytes and h.bytes - tonumber(batch.y) >= max_bytes
end

local from, over = '-', false
while not over and trimmed < max_batches do
  local entries = redis.call('XRANGE', log, from, '+', 'COUNT', math.min(16, max_batches - trimmed))
  for _, entry in ipairs(entries) do
    local batch = batch_of(entry)
    if not may_go(batch) then over = true break end
    trimmed, base, tag = trimmed + 1, batch.last, batch.t
    for id in string.gmatch(batch.m or '', '%S+') do redis.call('HDEL', ids, id) end
  end
  if #entries == 0 then break end
  from = '(' .. entries[#entries][1]
end
if trimmed > 0 then
  redis.call('XTRIM', log, 'MINID', number(base + 1))
  redis.call('ZREMRANGEBYSCORE', ranges, '-inf', number(base))
  redis.call('HSET', head, 'b', number(base), 'g', tag, 'u', args.now)
end
return { 'base', number(base), 'more', trimmed == max_batches and 1 or 0 }
