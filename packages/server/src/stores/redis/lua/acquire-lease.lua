-- KEYS lease. Arguments: node, ttl (milliseconds). Answers whether the node holds it.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= args.node then return 0 end
redis.call('SET', KEYS[1], args.node, 'PX', args.ttl)
return 1
