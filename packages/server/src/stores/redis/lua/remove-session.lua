-- KEYS as in session.lua. Arguments: id, expected (generation; missing: the record is gone), repeated.
-- Answers whether it was removed.
-- include: session
local s = read_session()
if s.exists and s.generation ~= args.expected or not s.exists and args.expected then
  return args.repeated and not s.exists and 1 or 0
end
redis.call('DEL', record)
redis.call('ZREM', all, args.id)
redis.call('ZREM', due, args.id)
if s.place then redis.call('ZREM', following, s.place) end
for _, each in ipairs({ 'connected', 'disconnected', 'expired' }) do redis.call('ZREM', state .. each, args.id) end
return 1
