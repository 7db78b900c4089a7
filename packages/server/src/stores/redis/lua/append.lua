-- Appends to several logs, one after the other. A failure of one log does not affect the others. Logs are many and
-- their appends small, so a script call for each would cost more than the append itself.
--
-- KEYS of each log: head, log, ids, runs, run ids.
-- Arguments of each log: epoch (if it is new), tag, now, durable (whether the append is durable at once), channel,
--   origin, listens (whether the origin listens), known_epoch, known_offset and known_tag (the durable head that the
--   caller knows), repeated, pieces (how many). Then those of each piece: count, lengths, payload; message_id; run,
--   token, begin (JSON), lease, published, finish (status); touch, active, owner (JSON), digest, title (JSON); mark.
-- Answers for each log, as one text NAME=VALUE with spaces: epoch, before (the appended offset before), bytes, holds
--   (whether the known head is still there), offset, tag (the durable head before), base, base_tag, created; pieces,
--   each CODE:FIRST:LAST with code 0 appended, 1 duplicate or 2 fenced; batch_tag if it is not the given tag; activity
--   and owner if the thread's place in the list changed. An answer that begins with an exclamation mark is an error of
--   Redis. If every log failed, the script fails with the first error.
-- include: head
-- include: wake
-- include: open-runs
-- include: run-state
-- include: entry

local KEYS_OF_A_LOG = 5
-- Batches that a repeated attempt looks through.
local MAX_SEARCHED = 2000

-- The log as it was before the batch.
local function answer_of(h, before, bytes, holds, created)
  return {
    'epoch=' .. h.epoch, 'before=' .. number(before), 'bytes=' .. number(bytes),
    'holds=' .. (holds and 1 or 0), 'offset=' .. number(h.offset), 'tag=' .. h.tag,
    'base=' .. number(h.base), 'base_tag=' .. h.base_tag, 'created=' .. (created and 1 or 0),
  }
end

local function finished(answer, outcomes)
  table.insert(answer, 'pieces=' .. table.concat(outcomes, ','))
  return table.concat(answer, ' ')
end

-- The tag of a batch that a repeated attempt appends. A failover may have lost what an earlier attempt appended, after
-- readers had it: their cursors must not match here.
local function tag_of_repeat(tag)
  -- mutant: redis-a-repeated-append-keeps-its-tag
  return string.sub(tag, 2, #tag) .. string.sub(tag, 1, 1)
end

-- The answer to an earlier attempt may have been lost: then the batch is here. Returns it, or nothing and whether the
-- search was given up.
local function find_batch(log, tag)
  local from, seen = '+', 0
  while seen < MAX_SEARCHED do
    local entries = redis.call('XREVRANGE', log, from, '-', 'COUNT', 100)
    if #entries == 0 then return nil, false end
    for _, entry in ipairs(entries) do
      local batch = batch_of(entry)
      if batch.t == tag or batch.t == tag_of_repeat(tag) then return batch, false end
    end
    seen = seen + #entries
    from = '(' .. entries[#entries][1]
  end
  return nil, true
end

-- The outcomes of a batch that an earlier attempt wrote. If some pieces were not appended, the batch has them.
local function outcomes_of(batch, pieces)
  local given, outcomes, offset = {}, {}, batch.last - tonumber(batch.n)
  for each in string.gmatch(batch.r or '', '[^,]+') do table.insert(given, each) end
  for p = 1, #pieces do
    local code, first, last = string.match(given[p] or '0', '^(%d):?(%d*):?(%d*)$')
    if code == '0' then
      first = number(offset + 1)
      offset = offset + tonumber(pieces[p].count)
      last = number(offset)
    end
    table.insert(outcomes, code .. ':' .. (first == '' and '0' or first) .. ':' .. (last == '' and '0' or last))
  end
  return outcomes
end

local function admits(piece, runs, run_ids)
  local state = redis.call('HGET', runs, 's:' .. piece.run)
  if piece.begin then
    if state then return false end
    begin_run(runs, run_ids, piece.run, piece.begin, piece.lease, piece.published)
    return true
  end
  local open = piece.token .. ' running '
  return state and string.sub(state, 1, #open) == open
end

local function finish(piece, runs, now)
  local s = read_state(runs, piece.run)
  write_state(runs, piece.run, { token = tonumber(piece.token), status = piece.finish, lease = s.lease, ended = now })
  remove_open(runs, piece.run)
end

local function append(own, pieces, head, log, ids, runs, run_ids)
  local h = read_head(head)
  local created = not h
  if created then h = create_head(head, own.epoch, own.now) end
  local holds = not own.known_epoch or still_holds(h, head, log, own.known_epoch, own.known_offset, own.known_tag)

  if own.repeated then
    if own.known_epoch and h.epoch ~= own.known_epoch then return 'unknown' end
    -- mutant: redis-a-repeated-append-appends-again
    local batch, given_up = find_batch(log, own.tag)
    if given_up then return 'unknown' end
    if batch then
      local answer = answer_of(h, batch.last - tonumber(batch.n), tonumber(batch.y) - #batch.p, holds, created)
      local outcomes = outcomes_of(batch, pieces)
      table.insert(answer, 'batch_tag=' .. batch.t)
      show_place(answer, head)
      -- WAIT counts only writes of the same connection, so this attempt needs one.
      redis.call('HINCRBY', head, 'w', 1)
      if own.durable and h.offset < batch.last then
        wake(own, h, move_head(h, head, batch.last, batch.t))
      end
      return finished(answer, outcomes)
    end
  end

  local answer = answer_of(h, h.appended, h.bytes, holds, created)
  local tag = own.tag
  if own.repeated then
    tag = tag_of_repeat(tag)
    table.insert(answer, 'batch_tag=' .. tag)
  end
  local offset = h.appended
  local payloads, lengths, messages, marks, outcomes, refused, moved = {}, {}, {}, {}, {}, false, false
  local stored = {}
  for _, piece in ipairs(pieces) do
    local range = piece.message_id and redis.call('HGET', ids, piece.message_id)
    if range then
      refused = true
      table.insert(outcomes, '1:' .. range)
      table.insert(stored, '1:' .. range)
    -- mutant: redis-fences-are-open
    elseif piece.run and not admits(piece, runs, run_ids) then
      refused = true
      table.insert(outcomes, '2:0:0')
      table.insert(stored, '2')
    else
      local range_now = number(offset + 1) .. ':' .. number(offset + tonumber(piece.count))
      offset = offset + tonumber(piece.count)
      table.insert(payloads, piece.payload)
      table.insert(lengths, piece.lengths)
      table.insert(outcomes, '0:' .. range_now)
      table.insert(stored, '0')
      if piece.message_id then
        redis.call('HSET', ids, piece.message_id, range_now)
        table.insert(messages, piece.message_id)
      end
      if piece.mark then table.insert(marks, number(offset) .. ':' .. piece.mark) end
      if piece.finish then finish(piece, runs, own.now) end
      if piece.touch and touch_entry(head, piece, own.now) then moved = true end
    end
  end
  if offset == h.appended then return finished(answer, outcomes) end
  if moved then show_place(answer, head) end

  local payload = #payloads == 1 and payloads[1] or table.concat(payloads, ',')
  local batch = {
    first = h.appended + 1, at = own.now, bytes = number(h.bytes + #payload),
    lengths = table.concat(lengths, ','), payload = payload,
  }
  local fields = {
    't', tag, 'a', batch.at, 'y', batch.bytes, 'n', number(offset - h.appended), 'l', batch.lengths, 'p', payload,
  }
  if #messages > 0 then
    table.insert(fields, 'm')
    table.insert(fields, table.concat(messages, ' '))
  end
  if refused then
    table.insert(fields, 'r')
    table.insert(fields, table.concat(stored, ','))
  end
  redis.call('XADD', log, number(offset), unpack(fields))
  redis.call('HSET', head, 'o', number(offset), 't', tag, 'y', batch.bytes)
  if own.durable then
    wake(own, h, move_head(h, head, offset, tag), batch, table.concat(marks, ','))
  end
  return finished(answer, outcomes)
end

local answers, refusal = {}, nil
for k = 1, #KEYS, KEYS_OF_A_LOG do
  local own, pieces = next_args(), {}
  for p = 1, tonumber(own.pieces) do pieces[p] = next_args() end
  local done, answer = pcall(append, own, pieces, KEYS[k], KEYS[k + 1], KEYS[k + 2], KEYS[k + 3], KEYS[k + 4])
  if not done then
    if type(answer) == 'table' then answer = answer.err end
    refusal = refusal or answer
    answer = '!' .. answer
  end
  table.insert(answers, answer)
end
for _, answer in ipairs(answers) do
  if string.sub(answer, 1, 1) ~= '!' then return answers end
end
return { err = refusal }
