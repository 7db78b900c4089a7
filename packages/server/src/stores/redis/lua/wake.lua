-- Wakes other nodes. Sharded channels live on one node of a cluster; plain messages go to all nodes.

local PUBLISH = SHARDED and 'SPUBLISH' or 'PUBLISH'
local NUMSUB = SHARDED and 'SHARDNUMSUB' or 'NUMSUB'

-- A batch up to this size travels with its wake-up. Other nodes read a larger one from the log.
local MAX_TOLD_BYTES = 32768

local function listeners(channel) return redis.call('PUBSUB', NUMSUB, channel)[2] end

-- Publishes the durable head to other nodes, with the batch if the advance is one small batch: first, at, bytes,
-- lengths, payload. The appending node does not count as a listener if it listens.
local function wake(to, h, before, batch)
  if listeners(to.channel) <= (to.listens and 1 or 0) then return end
  local message = table.concat({ to.origin, h.epoch, number(before.offset), before.tag, number(h.offset), h.tag }, ' ')
  if batch and batch.first == before.offset + 1 and #batch.payload <= MAX_TOLD_BYTES then
    message = table.concat({ message, ' ', batch.at, ' ', batch.bytes, ' ', batch.lengths, '\n', batch.payload })
  end
  redis.call(PUBLISH, to.channel, message)
end
