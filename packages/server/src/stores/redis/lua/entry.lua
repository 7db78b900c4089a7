-- The thread's entry in the list of threads. It is part of the head of the thread's log, so that it goes with the log
-- even if a node of an earlier version erases the thread:
--
--     lc  entered         la  last activity      lm  metadata, JSON
--     lu  owner, JSON     lk  the owner's digest     lt  title, JSON; null if it was removed
--     lx  digests of owners from before an erasure, until the thread has left their lists

-- Returns whether its place in the list changes.
local function touch_entry(head, touch, now)
  local v = redis.call('HMGET', head, 'la', 'lu', 'lt')
  local at = number(math.floor(tonumber(now)))
  local moved = not v[1] or (touch.active and tonumber(at) > tonumber(v[1]))
  local owned = touch.owner and not v[2]
  if not v[1] then redis.call('HSET', head, 'lc', at, 'la', at, 'lm', '{}')
  elseif moved then redis.call('HSET', head, 'la', at) end
  if owned then redis.call('HSET', head, 'lu', touch.owner, 'lk', touch.digest) end
  if touch.title and not v[3] then redis.call('HSET', head, 'lt', touch.title) end
  return moved or owned
end

-- Adds to an answer where the entry belongs in the list.
local function show_place(answer, head)
  local v = redis.call('HMGET', head, 'la', 'lk')
  if not v[1] then return end
  table.insert(answer, 'activity=' .. v[1])
  if v[2] then table.insert(answer, 'owner=' .. v[2]) end
end
