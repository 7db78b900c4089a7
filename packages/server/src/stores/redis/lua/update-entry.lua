-- KEYS head. Arguments: now; title, metadata, owner (JSON; null removes an owner), digest: what is missing stays.
-- Answers the last activity and the digest of the owner before; nothing for a thread without entry that never had an
-- event.
local v = redis.call('HMGET', KEYS[1], 'c', 'la', 'lk')
if not v[1] or (not v[2] and tonumber(v[1]) == 0) then return false end
if not v[2] then redis.call('HSET', KEYS[1], 'lc', args.now, 'la', args.now, 'lm', '{}') end
if args.title then redis.call('HSET', KEYS[1], 'lt', args.title) end
if args.metadata then redis.call('HSET', KEYS[1], 'lm', args.metadata) end
if args.owner == 'null' then redis.call('HDEL', KEYS[1], 'lu', 'lk')
elseif args.owner then redis.call('HSET', KEYS[1], 'lu', args.owner, 'lk', args.digest) end
return { 'last_activity', v[2] or args.now, 'former', v[3] or '' }
