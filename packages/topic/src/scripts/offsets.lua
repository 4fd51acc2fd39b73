-- True when offset a comes before b. Their numbers may be too long for Lua.
local function before(a, b)
  local a_ms, a_sequence = a:match('^(%d+)%-(%d+)$')
  local b_ms, b_sequence = b:match('^(%d+)%-(%d+)$')
  if #a_ms ~= #b_ms then return #a_ms < #b_ms end
  if a_ms ~= b_ms then return a_ms < b_ms end
  if #a_sequence ~= #b_sequence then return #a_sequence < #b_sequence end
  return a_sequence < b_sequence
end
