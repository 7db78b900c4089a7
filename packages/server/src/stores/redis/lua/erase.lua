-- KEYS head, log, ids, compacted ranges. Arguments: epoch (the new one), now, channel, origin, listens.
-- Answers the head, and the digests of owners whose lists hold the thread.
-- include: head
-- include: wake

local head = KEYS[1]
local h = read_head(head)
local left = redis.call('HMGET', head, 'lx', 'lk')
-- An earlier attempt has begun the new log, and another erasure may have ended it.
if h and (h.epoch == args.epoch or h.previous == args.epoch) then
  return { 'head', show_head(h), 'owners', left[1] or '' }
end
local owners = (left[1] or '') .. ' ' .. (left[2] or '')
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
local new = create_head(head, args.epoch, args.now)
if h then
  redis.call('HSET', head, 'pe', h.epoch, 'pr', 'deleted', 'pa', args.now)
  new = read_head(head)
end
wake(args, new, { offset = 0, tag = '0' })
if owners ~= ' ' then redis.call('HSET', head, 'lx', owners) end
return { 'head', show_head(new), 'owners', owners }
