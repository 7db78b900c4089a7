-- KEYS head, log, compacted ranges. Arguments: after, max_bytes, compacted (whether compacted ranges are wanted); epoch
-- (if it is new), now; known_epoch, known_offset, known_tag (the durable head that the caller knows: it wants nothing
-- past that). Answers the head, with whether the known one is still in the log; then batches as {id, fields} and
-- compacted ranges as {first, last, tag, event}, in order.
-- include: head

local head, log, ranges = KEYS[1], KEYS[2], KEYS[3]
local h = read_head(head) or create_head(head, args.epoch, args.now)
local holds = not args.known_epoch
  or still_holds(h, head, log, args.known_epoch, args.known_offset, args.known_tag)
local wanted = h.offset
-- mutant: redis-a-read-goes-past-what-is-known
if args.known_epoch == h.epoch then wanted = math.min(wanted, tonumber(args.known_offset)) end
local answer = { show_head(h) }
table.insert(answer[1], 'holds')
table.insert(answer[1], holds and 1 or 0)
local most, bytes = tonumber(args.max_bytes), 0
local next = math.max(tonumber(args.after), h.base) + 1

-- Adds batches up to the one that holds an offset. Returns whether there is room for more.
local function add_batches(to)
  local from, count = number(next), 4
  while next <= to do
    local entries = redis.call('XRANGE', log, from, number(wanted), 'COUNT', count)
    for _, entry in ipairs(entries) do
      local batch = batch_of(entry)
      if #answer > 1 and bytes + #batch.p > most then return false end
      table.insert(answer, entry)
      bytes = bytes + #batch.p
      next = batch.last + 1
      if next > to then return true end
    end
    if #entries < count then return true end
    from = '(' .. entries[#entries][1]
    count = math.min(count * 2, 128)
  end
  return true
end

if args.compacted then
  local more = true
  while more do
    local found = redis.call(
      'ZRANGEBYSCORE', ranges, number(next), number(wanted), 'WITHSCORES', 'LIMIT', 0, 50)
    more = #found == 100
    for s = 1, #found, 2 do
      local first = tonumber(found[s + 1])
      local last, tag, event = string.match(found[s], '^(%d+) (%S+) (.*)$')
      if first >= next and tonumber(last) <= wanted then
        if not add_batches(first - 1) or (#answer > 1 and bytes >= most) then return answer end
        next = first
        table.insert(answer, { number(first), last, tag, event })
        bytes = bytes + #event
        next = tonumber(last) + 1
      end
    end
  end
end
if #answer == 1 or bytes < most then add_batches(wanted) end
return answer
