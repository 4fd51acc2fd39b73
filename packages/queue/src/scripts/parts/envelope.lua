-- What scripts may write of an envelope stands first in its header, in this order: "attempt" (the
-- deliveries made so far), then "suspect". Everything else is left as the producer wrote it.

-- Returns the deliveries made, whether it is a suspect, and the rest of the element.
-- A bare payload is given an envelope with the id.
local function read_envelope(element, id)
  if element:sub(1, 3) ~= '\0011{' then
    return 0, false, '"id":"' .. id .. '"}\n' .. element
  end
  local attempt, after = element:match('^"attempt":([1-9]%d*),()', 4)
  -- No script writes more digits: Lua would not count on from there, but write 1e+15.
  if attempt and #attempt > 9 then attempt, after = nil, nil end
  local suspect = element:match('^"suspect":1,()', after or 4)
  return tonumber(attempt or 0), suspect ~= nil, element:sub(suspect or after or 4)
end

local function write_envelope(attempt, suspect, rest)
  local written = ''
  if attempt > 0 then written = '"attempt":' .. math.min(attempt, 999999999) .. ',' end
  if suspect then written = written .. '"suspect":1,' end
  return '\0011{' .. written .. rest
end

-- A bare payload that a handler may know by this id goes by it from now on.
local function keep_id(element, id)
  if element:sub(1, 3) == '\0011{' then return element end
  return write_envelope(read_envelope(element, id))
end
