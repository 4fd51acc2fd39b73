-- When Redis is out of memory, it refuses commands of a script that may use more, unless the script has
-- written before. Consumers must be able to continue, so their scripts begin with a write that changes
-- nothing: no field and no member of ours is empty.
local function write_before_growing(command, key)
  redis.call(command, key, '')
end
