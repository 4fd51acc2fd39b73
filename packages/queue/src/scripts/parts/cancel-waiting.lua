-- Cancel a message that waits.
local function found(kind, key, element, is_on_the_right, member)
  write_before_growing('ZREM', consumers)
  check_result(element)
  remove(kind, key, element, is_on_the_right, member)
  end_once(element)
  end_member(element, 'cancelled')
  post_ended()
  finished('cancelled', 1)
  keep_error(element, 'cancelled', kept_attempts(element), 'CancelledError', reason, 'CANCELLED')
  tell_arrived()
  return kind
end
