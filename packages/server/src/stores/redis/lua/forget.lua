-- KEYS head, log, ids, compacted ranges.
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
return 1
