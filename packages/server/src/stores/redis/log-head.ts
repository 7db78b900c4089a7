/**
 * A log's layout in Redis, and the Lua functions that every script on a log begins with.
 *
 * The head is a hash; every field is one letter or two:
 *
 *     e  epoch            o  appended offset     t  its tag       y  bytes of the log from its first event on
 *     c  durable head     k  its tag             b  base          g  its tag
 *     u  when it was created, or last lost events   pe, pr, pa  the previous incarnation: epoch, reason, when
 *     lc, la, lu, lk, lt, lm  the thread's entry in the list of threads; see `thread-scripts.ts`
 *
 * The log is a stream. A batch's id is its last offset, so that the batch that holds an offset is the first
 * at or after it. Its fields, in this order:
 *
 *     t  tag    a  appended at    y  bytes of the log up to its end    n  events
 *     l  length of each event     p  the events, joined by commas
 *     m  message ids, if there are any     r  outcomes of its pieces, if some were not appended
 *
 * Appended is not durable: where replicas must have a batch first, `c` follows `o` later, and no reader gets events
 * past `c` (I1). Every script may be repeated with the same arguments.
 */

/** A batch up to this size travels with its wake-up. Other nodes read a larger one from the log. */
const MAX_TOLD_BYTES = 32_768;

/** The functions that every script on a log begins with. */
export const HEAD = `
local function number(n) return string.format('%.0f', n) end

local function read_head(key)
  local v = redis.call('HMGET', key, 'e','o','t','y','c','k','b','g','pe','pr','pa','u')
  if not v[1] then return nil end
  return { e = v[1], o = tonumber(v[2]), t = v[3], y = tonumber(v[4]), c = tonumber(v[5]), k = v[6],
    b = tonumber(v[7]), g = v[8], pe = v[9], pr = v[10], pa = v[11], u = tonumber(v[12]) }
end

local function create_head(key, epoch, now)
  redis.call('HSET', key, 'e', epoch, 'o', '0', 't', '0', 'y', '0', 'c', '0', 'k', '0', 'b', '0', 'g', '0', 'u', now)
  return read_head(key)
end

local function show_head(h)
  return { h.e, number(h.c), h.k, number(h.b), h.g, h.pe or '', h.pr or '', h.pa or '', number(h.o) }
end

local function last_of(entry) return tonumber(string.match(entry[1], '^%d+')) end

-- The batch that holds an offset.
local function batch_at(log, offset)
  return redis.call('XRANGE', log, number(offset), '+', 'COUNT', 1)[1]
end

-- Whether the durable head that a caller knows is still in the log. If a failover has lost only the mark that it is
-- durable, the script sets the mark again.
local function still_holds(h, head, log, epoch, offset, tag)
  if epoch ~= h.e or offset < h.b then return true end
  if offset == h.b then return tag == h.g end
  if offset == h.c then return tag == h.k end
  local entry = batch_at(log, offset)
  if not entry or last_of(entry) ~= offset or entry[2][2] ~= tag then return false end
  if offset > h.c then
    h.c, h.k = offset, tag
    redis.call('HSET', head, 'c', number(offset), 'k', tag)
  end
  return true
end

-- Publishes the durable head to other nodes, with the batch if the advance is one small batch. The appending node
-- does not count as a listener: \`own\` is 1 if it listens.
local function wake(channel, origin, own, h, before, before_tag, first, at, bytes, lengths, payload)
  if redis.call('PUBSUB', NUMSUB, channel)[2] <= tonumber(own) then return end
  local message = table.concat({ origin, h.e, number(before), before_tag, number(h.c), h.k }, ' ')
  if payload and first == before + 1 and #payload <= ${MAX_TOLD_BYTES} then
    message = table.concat({ message, ' ', at, ' ', bytes, ' ', lengths, '\\n', payload })
  end
  redis.call(PUBLISH, channel, message)
end
`;

/** Sharded channels live on one node of a cluster; plain messages go to all nodes. */
export const publishing = (sharded: boolean): string =>
  sharded
    ? `local PUBLISH, NUMSUB = 'SPUBLISH', 'SHARDNUMSUB'`
    : `local PUBLISH, NUMSUB = 'PUBLISH', 'NUMSUB'`;

/** For scripts that publish nothing. */
export const SILENT = `local PUBLISH, NUMSUB = '', ''`;
