-- Tell of a message where it is, and how often it was delivered.
local function attempts_of(element)
  return (read_envelope(element, ''))
end

local function found(kind, _, element)
  return { kind, attempts_of(element) }
end

local function found_held(_, element)
  return attempts_of(element)
end

local found_brought = attempts_of
