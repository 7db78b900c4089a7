-- KEYS runs. Arguments: run. Answers the run with the next token, or nothing if it is closed.
-- include: open-runs
-- include: run-state
local s = read_state(KEYS[1], args.run)
if not s or s.status ~= 'running' then return false end
s.token = s.token + 1
write_state(KEYS[1], args.run, s)
return show_run(KEYS[1], args.run)
