-- The fields that scripts write are the first ones in the header of an envelope, in this order: "attempt" (the number of
-- deliveries so far), then "suspect". The rest stays as the producer wrote it.

-- Returns the number of deliveries, whether it is a suspect, and the rest of the element. A bare payload gets an envelope
-- with this id.
local function read_envelope(element, id)
  if element:sub(1, 3) ~= '\0011{' then
    return 0, false, '"id":"' .. id .. '"}\n' .. element
  end
  local attempt, after = element:match('^"attempt":([1-9]%d*),()', 4)
  -- No script writes more digits, because Lua would write large numbers as 1e+15.
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

-- The element of a producer, with the time when it expires. The attempts that it had elsewhere stay in front of that.
local function expiring(element, at)
  local attempt = element:match('^"attempt":%d+,', 4) or ''
  return string.format('\0011{%s"expires":%.0f,', attempt, at) .. element:sub(4 + #attempt)
end

-- Gives a bare payload an envelope with this id, because a handler may know it by this id.
local function keep_id(element, id)
  if element:sub(1, 3) == '\0011{' then return element end
  return write_envelope(read_envelope(element, id))
end
