-- KEYS nodes. Answers the live nodes.
-- include: clock
return redis.call('ZRANGEBYSCORE', KEYS[1], now, '+inf')
