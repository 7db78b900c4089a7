-- KEYS nodes. Arguments: node, ttl (milliseconds). Answers whether the node was on the list.
-- include: clock
return 1 - redis.call('ZADD', KEYS[1], now + args.ttl, args.node)
