-- Put an element among the delayed ones. A set holds equal elements once, so an equal one that is
-- there already makes this one differ. Needs envelope.lua.
local function delay(delayed, due, element)
  local attempt, suspect, rest = open(element, '')
  local copy = 1
  while redis.call('ZADD', delayed, 'NX', due, element) == 0 do
    copy = copy + 1
    element = close(attempt, suspect, '"copy":' .. copy .. ',' .. rest)
  end
end

