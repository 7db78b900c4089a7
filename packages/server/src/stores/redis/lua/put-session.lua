-- KEYS as in session.lua. Arguments: id, expected (generation of the stored record, 0: there is none), secret (of the
-- stored record), json, generation, state, place, due (missing: never), ttl (after how many milliseconds Redis may forget
-- it; missing: never), repeated. Answers whether it was written.
-- include: session
local s = read_session()
if not is_expected(s, args.expected, args.secret) then
  return args.repeated and s.json == args.json and 1 or 0
end
redis.call('HSET', record, 'j', args.json, 'g', args.generation, 's', args.state, 'f', args.place)
if args.ttl then redis.call('PEXPIRE', record, args.ttl) else redis.call('PERSIST', record) end
redis.call('ZADD', all, 0, args.id)
if s.place and s.place ~= args.place then redis.call('ZREM', following, s.place) end
redis.call('ZADD', following, 0, args.place)
if s.state and s.state ~= args.state then redis.call('ZREM', state .. s.state, args.id) end
redis.call('ZADD', state .. args.state, 0, args.id)
if args.due then redis.call('ZADD', due, args.due, args.id) else redis.call('ZREM', due, args.id) end
return 1
