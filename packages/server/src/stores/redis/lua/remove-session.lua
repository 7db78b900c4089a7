-- KEYS as in session.lua. Arguments: id, expected (generation; missing: the record is gone), secret, repeated.
-- Answers whether it was removed.
-- include: session
local s = read_session()
if not s.exists and args.expected then return args.repeated and 1 or 0 end
if s.exists and not is_expected(s, args.expected, args.secret) then return 0 end
redis.call('DEL', record)
redis.call('ZREM', all, args.id)
redis.call('ZREM', due, args.id)
if s.place then redis.call('ZREM', following, s.place) end
for _, each in ipairs({ 'connected', 'disconnected', 'expired' }) do redis.call('ZREM', state .. each, args.id) end
return 1
