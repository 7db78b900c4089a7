-- The clock of Redis, in milliseconds: the clocks of the nodes may differ.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
