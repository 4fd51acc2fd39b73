-- Move delayed messages that are due to the list, as if they were sent now.
--
-- KEYS  delayed, list
-- ARGV  how many at most
-- returns { how many were moved, ms until the next is due or -1 }
local delayed, list = unpack(KEYS)

local time = now()
local due = redis.call('ZRANGEBYSCORE', delayed, '-inf', time, 'LIMIT', 0, ARGV[1])
if #due > 0 then
  write_nothing('ZREM', delayed)
  -- Without the number in front: see delay.lua.
  for i, member in ipairs(due) do due[i] = member:sub(11) end
  redis.call('LPUSH', list, unpack(due))
  redis.call('ZREMRANGEBYRANK', delayed, 0, #due - 1)
end

local next_due = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
return { #due, next_due and math.max(0, next_due - time) or -1 }
