-- KEYS places. Arguments: thread, seen (its score as it was read), score (as it should be); a missing score: not there.
if (redis.call('ZSCORE', KEYS[1], args.thread) or '') ~= (args.seen or '') then return 0 end
if args.score then redis.call('ZADD', KEYS[1], args.score, args.thread)
else redis.call('ZREM', KEYS[1], args.thread) end
return 1
