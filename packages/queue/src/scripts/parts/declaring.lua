-- A change of what the queue has declared: see shape.lua. Scripts that are sent as text use this part alone.

-- It was changed: give it another version, or delete it where nothing is declared any more, and tell consumers.
local function shape_changed()
  redis.call('DEL', seen)
  redis.call('HDEL', shape, 'version')
  if redis.call('HLEN', shape) > 0 then
    local time = redis.call('TIME')
    redis.call('HSET', shape, 'version', time[1] .. '-' .. time[2])
  end
  tell('shape')
end

local declared = {}

-- Declare something that holds from now on, if it is not declared yet.
local function declare(field)
  if declared[field] then return end
  declared[field] = true
  if redis.call('HSETNX', shape, field, 1) == 1 then shape_changed() end
end
