-- Return an element without what its body has beyond `most_body` bytes; the whole element where `most_body` is ''.
local function cut(element)
  if most_body == '' then return element end
  local header = element:sub(1, 3) == '\0011{' and element:find('\n', 1, true) or 0
  return element:sub(1, header + tonumber(most_body))
end
