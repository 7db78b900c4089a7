-- KEYS nodes. Answers the nodes whose heartbeat has lapsed.
-- include: clock
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. now)
