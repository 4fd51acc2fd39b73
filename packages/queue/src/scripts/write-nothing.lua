-- Out of memory, Redis refuses what a script wants to add, unless the script has written before.
-- What takes messages out of a queue must go on, so it begins with a write that changes nothing:
-- no field and no member of ours is empty.
local function write_nothing(command, key)
  redis.call(command, key, '')
end

