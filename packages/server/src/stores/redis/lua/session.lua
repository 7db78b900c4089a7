-- A session's record and the indexes of its shard. A record is a hash: `j` the record as JSON, `g` its generation,
-- `s` its state, `f` its place among its thread's. KEYS record, all, due, following, state.
local record, all, due, following, state = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

local function read_session()
  local v = redis.call('HMGET', record, 'g', 's', 'f', 'j')
  return { generation = v[1] or '0', exists = v[1] and true, state = v[2], place = v[3], json = v[4] }
end

-- Whether the record is still the one that a write expects. A session that was erased may have been created again under
-- its name, with the same generation: the stored text of its secret tells them apart.
local function is_expected(s, generation, secret)
  -- mutant: redis-generations-are-not-compared
  if s.generation ~= generation then return false end
  -- mutant: redis-a-session-of-the-same-name-is-overwritten
  return not s.exists or cjson.decode(s.json).secret == secret
end
