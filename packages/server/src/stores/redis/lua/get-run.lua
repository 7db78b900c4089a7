-- KEYS runs. Arguments: run. Answers JSON and state, or nothing.
-- include: open-runs
-- include: run-state
return show_run(KEYS[1], args.run)
