-- Wakes other nodes. Sharded channels live on one node of a cluster; plain messages go to all nodes.

local PUBLISH = SHARDED and 'SPUBLISH' or 'PUBLISH'
local NUMSUB = SHARDED and 'SHARDNUMSUB' or 'NUMSUB'

-- A batch up to this size travels with its wake-up. Other nodes read a larger one from the log.
local MAX_TOLD_BYTES = 32768

local function listeners(channel) return redis.call('PUBSUB', NUMSUB, channel)[2] end

-- Publishes the durable head to other nodes, with the batch if the advance is one small batch: first, at, bytes,
-- lengths, payload. Then the marks of its appends, OFFSET:MARK with commas, if there are any: nodes of earlier versions
-- ignore them there. The appending node does not count as a listener if it listens.
local function wake(to, h, before, batch, marks)
  if listeners(to.channel) <= (to.listens and 1 or 0) then return end
  local message = table.concat({ to.origin, h.epoch, number(before.offset), before.tag, number(h.offset), h.tag }, ' ')
  local told = batch and batch.first == before.offset + 1 and #batch.payload <= MAX_TOLD_BYTES
  if told then message = table.concat({ message, ' ', batch.at, ' ', batch.bytes, ' ', batch.lengths }) end
  if marks and marks ~= '' then message = message .. ' marks=' .. marks end
  if told then message = message .. '\n' .. batch.payload end
  redis.call(PUBLISH, to.channel, message)
end
