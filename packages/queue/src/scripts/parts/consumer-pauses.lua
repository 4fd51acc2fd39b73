-- Pauses of single consumers: fields of the shape.

-- Its pause is over, because somebody has ended it, or because the consumer is gone. Returns true if it was paused.
local function forget_pause_of(consumer)
  local was_paused = redis.call('HDEL', shape, 'paused_consumer:' .. consumer) == 1
  if was_paused then shape_changed() end
  return was_paused
end
