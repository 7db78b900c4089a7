-- KEYS runs, run ids. Arguments: run, begin (JSON), lease, published, repeated. Answers whether the run is open now.
-- include: open-runs
-- include: run-state
local known = redis.call('HGET', KEYS[1], 'd:' .. args.run)
if known then return args.repeated and known == args.begin and 1 or 0 end
begin_run(KEYS[1], KEYS[2], args.run, args.begin, args.lease, args.published)
return 1
