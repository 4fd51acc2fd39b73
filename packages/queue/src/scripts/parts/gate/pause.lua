-- Lets nothing through while the queue is paused, or stands still because a handler has asked for that.
gates[#gates + 1] = {
  allowed = function(count)
    local paused, paused_ends, limited_ends =
      unpack(redis.call('HMGET', shape, 'paused', 'paused_until', 'limited_until'))
    if not paused and not limited_ends then return count end
    -- When the first of them ends, the shape is another one.
    local ends = math.min(tonumber(paused_ends or math.huge), tonumber(limited_ends or math.huge))
    return 0, ends < math.huge and math.max(0, ends - now()) or -1
  end,
}
