-- KEYS head, log. Arguments: known_epoch, known_offset, known_tag (the durable head that the caller knows).
-- Answers the head, and whether the known one is still in the log; nothing if there is no such log.
-- include: head
local h = read_head(KEYS[1])
if not h then return false end
local holds = not args.known_epoch
  or still_holds(h, KEYS[1], KEYS[2], args.known_epoch, args.known_offset, args.known_tag)
return { 'head', show_head(h), 'holds', holds and 1 or 0 }
