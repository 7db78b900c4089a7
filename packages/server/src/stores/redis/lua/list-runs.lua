-- KEYS runs, run ids. Arguments: after, limit. Answers JSON and state of each, by id.
-- include: open-runs
-- include: run-state
local answer = {}
for _, id in ipairs(redis.call('ZRANGEBYLEX', KEYS[2], '(' .. args.after, '+', 'LIMIT', 0, args.limit)) do
  local run = show_run(KEYS[1], id)
  if run then table.insert(answer, run) end
end
return answer
