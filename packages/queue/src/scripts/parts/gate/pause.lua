-- The gate of a queue that has a shape: it lets nothing through while the queue is paused.

-- True when the shape is another one than the caller knows.
local function is_reshaped()
  return shape_version() ~= version
end

-- Returns how many messages may be taken now, at most `count`. If these are fewer than `count`, the second result is
-- the time in ms after which to ask again, or -1 if only another shape can open the gate.
local function allowed(count)
  local paused, ends = unpack(redis.call('HMGET', shape, 'paused', 'paused_until'))
  if not paused then return count end
  return 0, ends and math.max(0, ends - now()) or -1
end
