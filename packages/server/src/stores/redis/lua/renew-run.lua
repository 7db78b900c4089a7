-- KEYS runs. Arguments: run, token, lease. Answers whether the token holds the run.
-- include: open-runs
-- include: run-state
local s = read_state(KEYS[1], args.run)
if not s or s.status ~= 'running' or s.token ~= tonumber(args.token) then return 0 end
s.lease = args.lease
write_state(KEYS[1], args.run, s)
return 1
