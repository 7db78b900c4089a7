-- A run: two fields of the hash of its thread's runs. `d:<id>` is the run as it was begun, in JSON; `s:<id>` is its
-- state: token, status, lease, end.

local function read_state(runs, id)
  local state = redis.call('HGET', runs, 's:' .. id)
  if not state then return nil end
  local token, status, lease, ended = string.match(state, '^(%d+) (%a+) (%S+) (%S+)$')
  return { token = tonumber(token), status = status, lease = lease, ended = ended }
end

local function write_state(runs, id, s)
  redis.call('HSET', runs, 's:' .. id, table.concat({ number(s.token), s.status, s.lease, s.ended }, ' '))
end

local function begin_run(runs, run_ids, id, description, lease, published)
  redis.call('HSET', runs, 'd:' .. id, description)
  write_state(runs, id, { token = 1, status = 'running', lease = lease, ended = '0' })
  redis.call('ZADD', run_ids, 0, id)
  if published then add_open(runs, id) end
end

local function show_run(runs, id)
  local v = redis.call('HMGET', runs, 'd:' .. id, 's:' .. id)
  return v[1] and v[2] and { v[1], v[2] } or false
end
