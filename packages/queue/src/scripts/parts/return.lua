-- Return an element to where the next consumer finds it. Returns whether it is a suspect.
local function return_element(element)
  local _, suspect = read_envelope(element, '')
  if suspect then redis.call('RPUSH', suspects, element) else put_first(element) end
  return suspect
end
