-- Out of memory, Redis refuses what a script wants to add, unless the script has written before.
-- The work of consumers must go on, so it begins with a write that changes nothing: no field and no member
-- of ours is empty.
local function write_before_growing(command, key)
  redis.call(command, key, '')
end
