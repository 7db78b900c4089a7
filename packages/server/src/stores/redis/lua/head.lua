-- A log in Redis. Its head is a hash; every field is one letter or two:
--
--     e  epoch            o  appended offset     t  its tag       y  bytes of the log from its first event on
--     c  durable head     k  its tag             b  base          g  its tag
--     u  when it was created, or last lost events   pe, pr, pa  the previous incarnation: epoch, reason, when
--     lc, la, lu, lk, lt, lm, lx  the thread's entry in the list of threads; see entry.lua
--
-- The log is a stream. A batch's id is its last offset, so that the batch that holds an offset is the first at or after
-- it. Its fields, in this order, by which earlier versions find them:
--
--     t  tag    a  appended at    y  bytes of the log up to its end    n  events
--     l  length of each event     p  the events, joined by commas
--     m  message ids, if there are any     r  outcomes of its pieces, if some were not appended
--
-- Appended is not durable: where replicas must have a batch first, `c` follows `o` later, and no reader gets events
-- past `c` (I1). Every script may be repeated with the same arguments.

local function read_head(key)
  local v = redis.call('HMGET', key, 'e', 'o', 't', 'y', 'c', 'k', 'b', 'g', 'pe', 'pr', 'pa', 'u')
  if not v[1] then return nil end
  return {
    epoch = v[1],
    appended = tonumber(v[2]), appended_tag = v[3], bytes = tonumber(v[4]),
    offset = tonumber(v[5]), tag = v[6],
    base = tonumber(v[7]), base_tag = v[8],
    previous = v[9], reason = v[10], ended_at = v[11],
    created_at = tonumber(v[12]),
  }
end

local function create_head(key, epoch, now)
  redis.call('HSET', key, 'e', epoch, 'o', '0', 't', '0', 'y', '0', 'c', '0', 'k', '0', 'b', '0', 'g', '0', 'u', now)
  return read_head(key)
end

local function show_head(h)
  local shown = {
    'epoch', h.epoch, 'offset', number(h.offset), 'tag', h.tag,
    'base', number(h.base), 'base_tag', h.base_tag, 'appended', number(h.appended),
  }
  if h.previous then
    for _, each in ipairs({ 'previous', h.previous, 'reason', h.reason or '', 'ended_at', h.ended_at or '' }) do
      table.insert(shown, each)
    end
  end
  return shown
end

-- Makes the durable head known. Returns the one before.
local function move_head(h, key, offset, tag)
  local before = { offset = h.offset, tag = h.tag }
  h.offset, h.tag = offset, tag
  redis.call('HSET', key, 'c', number(offset), 'k', tag)
  return before
end

-- An entry of the stream as a batch.
local function batch_of(entry)
  local batch = { id = entry[1], last = tonumber(string.match(entry[1], '^%d+')) }
  local fields = entry[2]
  for i = 1, #fields, 2 do batch[fields[i]] = fields[i + 1] end
  return batch
end

-- The batch that holds an offset.
local function batch_at(log, offset)
  local entry = redis.call('XRANGE', log, number(offset), '+', 'COUNT', 1)[1]
  return entry and batch_of(entry)
end

-- Whether the durable head that a caller knows (epoch, offset, tag; or nothing) is still in the log. If a failover has
-- lost only the mark that it is durable, this sets the mark again.
local function still_holds(h, head, log, known_epoch, known_offset, known_tag)
  local offset = tonumber(known_offset)
  if known_epoch ~= h.epoch or offset < h.base then return true end
  if offset == h.base then return known_tag == h.base_tag end
  if offset == h.offset then return known_tag == h.tag end
  local batch = batch_at(log, offset)
  -- mutant: redis-a-lost-end-is-not-missed
  if not batch or batch.last ~= offset or batch.t ~= known_tag then return false end
  if offset > h.offset then move_head(h, head, offset, known_tag) end
  return true
end
