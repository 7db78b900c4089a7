-- KEYS lease. Arguments: node.
if redis.call('GET', KEYS[1]) == args.node then redis.call('DEL', KEYS[1]) end
return 1
