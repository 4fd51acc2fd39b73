-- The gate of a plain queue, which lets everything through.
local gate_room

-- True when the queue has a shape by now, which the caller does not know.
local function is_reshaped()
  return redis.call('HLEN', shape) > 0
end

local function allowed(count)
  return count
end

local function took()
end
