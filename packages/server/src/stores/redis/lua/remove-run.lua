-- KEYS runs, run ids. Arguments: run. Answers the removed run, or nothing if it is open or unknown.
-- include: open-runs
-- include: run-state
local s = read_state(KEYS[1], args.run)
if not s or s.status == 'running' then return false end
local run = show_run(KEYS[1], args.run)
redis.call('HDEL', KEYS[1], 'd:' .. args.run, 's:' .. args.run)
redis.call('ZREM', KEYS[2], args.run)
remove_open(KEYS[1], args.run)
return run
