-- Marks everything up to an offset as durable. KEYS head, log.
-- Arguments: epoch, offset, tag, channel, origin, listens, marks (of the batch); known_epoch, known_offset, known_tag (the
-- durable head that the caller knows). Answers whether the batch is there.
-- include: head
-- include: wake

local h = read_head(KEYS[1])
local offset, tag = tonumber(args.offset), args.tag
if not h or h.epoch ~= args.epoch then return 0 end
local batch = batch_at(KEYS[2], offset)
local there = offset <= h.base or (batch and batch.last == offset and batch.t == tag)
if args.known_epoch then still_holds(h, KEYS[1], KEYS[2], args.known_epoch, args.known_offset, args.known_tag) end
if there and offset > h.offset then
  local before = move_head(h, KEYS[1], offset, tag)
  wake(args, h, before, batch and {
    first = offset - tonumber(batch.n) + 1, at = batch.a, bytes = batch.y, lengths = batch.l, payload = batch.p,
  }, args.marks)
end
return there and 1 or 0
