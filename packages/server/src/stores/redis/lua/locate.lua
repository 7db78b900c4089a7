-- KEYS head, log. Arguments: offset; epoch (if it is new), now. Answers the head, and the tag at the offset if it is
-- known.
-- include: head
local h = read_head(KEYS[1]) or create_head(KEYS[1], args.epoch, args.now)
local offset = tonumber(args.offset)
local tag = nil
if offset == h.base then tag = h.base_tag
elseif offset == h.offset then tag = h.tag
elseif offset > h.base and offset < h.offset then
  local batch = batch_at(KEYS[2], offset)
  tag = batch and batch.t
end
return { 'head', show_head(h), 'tag', tag or '' }
