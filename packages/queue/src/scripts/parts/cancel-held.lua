-- Cancel a message that a consumer holds. Whatever the consumer does with it from now on changes nothing. `cancelled` has
-- the reason by the receipt until the consumer knows it.
local function found_held(receipt)
  write_before_growing('HDEL', active)
  open_batches()
  local element = held(receipt)
  check_result(element)
  let_go(receipt)
  end_held(receipt, element)
  end_member(element, 'cancelled')
  post_ended()
  free(receipt)
  note_holder()
  finished('cancelled', 1)
  keep_error(element, 'cancelled', kept_attempts(element) + 1, 'CancelledError', reason, 'CANCELLED')
  redis.call('HSET', cancelled, receipt, reason)
  tell('cancelled:' .. consumer)
  tell_arrived()
  return receipt
end

-- As long as its consumer lives, it will get a receipt at once.
local function found_brought(element)
  local deadline = redis.call('ZSCORE', consumers, consumer)
  if deadline and tonumber(deadline) > now() then return 0 end
  write_before_growing('ZREM', consumers)
  check_result(element)
  redis.call('LREM', handoff, 1, element)
  end_once(element)
  end_member(element, 'cancelled')
  post_ended()
  note_holder()
  finished('cancelled', 1)
  keep_error(element, 'cancelled', kept_attempts(element), 'CancelledError', reason, 'CANCELLED')
  return 1
end
