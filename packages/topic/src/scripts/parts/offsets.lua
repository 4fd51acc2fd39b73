-- True when offset a comes before b. It compares texts, because the numbers may be too large for Lua.
local function before(a, b)
  local a_ms, a_sequence = a:match('^(%d+)%-(%d+)$')
  local b_ms, b_sequence = b:match('^(%d+)%-(%d+)$')
  if #a_ms ~= #b_ms then return #a_ms < #b_ms end
  if a_ms ~= b_ms then return a_ms < b_ms end
  if #a_sequence ~= #b_sequence then return #a_sequence < #b_sequence end
  return a_sequence < b_sequence
end

-- The score of a suspect, which sorts suspects by offset as far as the numbers of an offset fit.
local function place(offset)
  local ms, sequence = offset:match('^(%d+)%-(%d+)$')
  return string.format('%.0f', ms * 1024 + math.min(sequence, 1023))
end

-- A text that sorts as the offset does, because a ZSET sorts members with the same score by their text.
local function sortable(offset)
  local ms, sequence = offset:match('^(%d+)%-(%d+)$')
  return ('0'):rep(20 - #ms) .. ms .. '-' .. ('0'):rep(20 - #sequence) .. sequence
end

local function offset_of(sortable_text)
  local ms, sequence = sortable_text:match('^0*(%d+)%-0*(%d+)$')
  return ms .. '-' .. sequence
end
