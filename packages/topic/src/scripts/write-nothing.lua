-- Out of memory, Redis refuses what a script wants to add, unless the script has written before.
-- A group's work must go on, so it begins with a write that changes nothing: no member is empty.
local function write_nothing(zset)
  redis.call('ZREM', zset, '')
end

