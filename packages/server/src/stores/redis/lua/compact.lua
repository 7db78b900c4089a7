-- KEYS head, log, compacted ranges. Arguments: epoch, heads and ranges (how many). Then those of each head that the
-- ranges were made from: offset, tag; and of each range: first, last, event.
-- include: head
local h = read_head(KEYS[1])
if not h or h.epoch ~= args.epoch then return 0 end
for _ = 1, tonumber(args.heads) do
  local seen = next_args()
  if not still_holds(h, KEYS[1], KEYS[2], args.epoch, seen.offset, seen.tag) then return 0 end
end
for _ = 1, tonumber(args.ranges) do
  local range = next_args()
  local first, last = tonumber(range.first), tonumber(range.last)
  local batch = first > h.base and last <= h.offset and batch_at(KEYS[2], last)
  if batch then
    redis.call('ZADD', KEYS[3], first, range.last .. ' ' .. batch.t .. ' ' .. range.event)
  end
end
return 1
