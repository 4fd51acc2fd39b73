-- Tell of a message that waits: the kind of its place, the element, and when it is due, if it is delayed.
local function found(kind, key, element, _, member)
  local is_delayed = kind == 'delayed' or kind == 'debounced'
  return { kind, element, is_delayed and redis.call('ZSCORE', key, member) or '' }
end
