-- KEYS head. Arguments: epoch (if it is new), now. Answers the head.
-- include: head
return show_head(read_head(KEYS[1]) or create_head(KEYS[1], args.epoch, args.now))
