-- KEYS head, log, ids, compacted ranges. Arguments: idle_since, channel. Answers whether it was forgotten.
-- include: head
-- include: wake
local h = read_head(KEYS[1])
if not h or h.appended > h.base or h.created_at >= tonumber(args.idle_since) then return 0 end
if listeners(args.channel) > 0 then return 0 end
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
return 1
