-- A write for WAIT to count. KEYS head. Answers epoch, appended offset and its tag; nothing if there is no such log.
local v = redis.call('HMGET', KEYS[1], 'e', 'o', 't')
if not v[1] then return false end
redis.call('HINCRBY', KEYS[1], 'w', 1)
return { 'epoch', v[1], 'offset', v[2], 'tag', v[3] }
