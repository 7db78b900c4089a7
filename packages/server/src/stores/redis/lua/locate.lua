-- KEYS head, log. Arguments: offset; epoch (if it is new), now; known_epoch, known_offset, known_tag (the durable head
-- that the caller knows). Answers the head, the tag at the offset if it is known, and whether the known head is still in
-- the log.
-- include: head
local h = read_head(KEYS[1]) or create_head(KEYS[1], args.epoch, args.now)
local holds = not args.known_epoch
  or still_holds(h, KEYS[1], KEYS[2], args.known_epoch, args.known_offset, args.known_tag)
local offset = tonumber(args.offset)
local tag = nil
if offset == h.base then tag = h.base_tag
elseif offset == h.offset then tag = h.tag
elseif offset > h.base and offset < h.offset then
  local batch = batch_at(KEYS[2], offset)
  tag = batch and batch.t
end
return { 'head', show_head(h), 'tag', tag or '', 'holds', holds and 1 or 0 }
