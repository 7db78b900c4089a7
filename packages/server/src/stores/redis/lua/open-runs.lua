-- The ids of a thread's open runs, in the hash of its runs: field `open`, separated by spaces.

local function add_open(runs, id)
  local open = redis.call('HGET', runs, 'open')
  redis.call('HSET', runs, 'open', open and open .. ' ' .. id or id)
end

local function remove_open(runs, id)
  local open = redis.call('HGET', runs, 'open')
  if not open then return end
  local left = {}
  for each in string.gmatch(open, '%S+') do
    if each ~= id then table.insert(left, each) end
  end
  if #left > 0 then redis.call('HSET', runs, 'open', table.concat(left, ' '))
  else redis.call('HDEL', runs, 'open') end
end
