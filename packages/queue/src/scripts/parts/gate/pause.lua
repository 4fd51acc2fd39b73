-- Lets nothing through while the queue is paused.
gates[#gates + 1] = {
  allowed = function(count)
    local paused, ends = unpack(redis.call('HMGET', shape, 'paused', 'paused_until'))
    if not paused then return count end
    return 0, ends and math.max(0, ends - now()) or -1
  end,
}
