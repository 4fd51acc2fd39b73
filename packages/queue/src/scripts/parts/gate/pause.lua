-- Lets nothing through while the queue or this consumer is paused, or the queue stands still because a handler has asked
-- for that.
gates[#gates + 1] = {
  allowed = function(count)
    local paused, paused_ends, limited_ends, is_own =
      unpack(redis.call('HMGET', shape, 'paused', 'paused_until', 'limited_until', 'paused_consumer:' .. consumer))
    if not paused and not limited_ends and not is_own then return count end
    -- When the first of them ends, the shape is another one.
    local ends = math.min(tonumber(paused_ends or math.huge), tonumber(limited_ends or math.huge))
    return 0, ends < math.huge and math.max(0, ends - now()) or -1
  end,
}
