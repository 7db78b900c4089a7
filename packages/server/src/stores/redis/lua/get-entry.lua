-- KEYS head, runs. Answers the entry in the list of threads; nothing if there is none. A node of an earlier version may
-- have ended a run that is still listed as open.
local v = redis.call('HMGET', KEYS[1], 'lc', 'la', 'lu', 'lt', 'lm', 'c')
if not v[2] then return false end
local running = 0
for id in string.gmatch(redis.call('HGET', KEYS[2], 'open') or '', '%S+') do
  local state = redis.call('HGET', KEYS[2], 's:' .. id)
  if state and string.match(state, '^%d+ running ') then running = 1 end
end
return {
  'created_at', v[1], 'last_activity', v[2], 'owner', v[3] or '', 'title', v[4] or '', 'metadata', v[5],
  'head', v[6], 'running', running,
}
