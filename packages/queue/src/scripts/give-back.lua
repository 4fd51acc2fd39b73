-- Put an element back where the next consumer finds it; true if it is a suspect.
-- Needs envelope.lua.
local function give_back(element, list, suspects, push)
  local _, suspect = open(element, '')
  if suspect then redis.call('RPUSH', suspects, element) else redis.call(push, list, element) end
  return suspect
end

