-- The gate of a queue that has a shape: it lets nothing through while the queue is paused.

-- True when the shape is another one than the caller knows.
local function is_reshaped()
  return shape_version() ~= version
end

-- Returns how many of so many messages may be taken now. If these are fewer, returns also in how many ms to
-- ask again: -1 if only another shape can change it.
local function allowed(count)
  local paused, ends = unpack(redis.call('HMGET', shape, 'paused', 'paused_until'))
  if not paused then return count end
  return 0, ends and math.max(0, ends - now()) or -1
end
