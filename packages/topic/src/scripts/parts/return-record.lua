-- Return a pending record to where it came from, due at once, without counting an attempt.
local function return_record(pending, time)
  local offset, deliveries = pending[1], pending[4]
  redis.call('XCLAIM', stream, group, waiting, 0, offset, 'RETRYCOUNT', deliveries - 1, 'JUSTID')
  if redis.call('ZSCORE', suspects, offset) then
    redis.call('ZADD', suspects, place(offset), offset)
  else
    redis.call('ZADD', delayed, time, sortable(offset))
  end
end
