-- Where a message waits, by what its producer said of it: the priority or the key. It stands in the header behind what
-- scripts write and what is for consumers, and before the id.

-- A text of JSON whose quotation mark stands before `first`, and that may have escapes. Returns the text, and the place
-- behind it and its comma.
local function escaped_text(text, first)
  local at = first
  while true do
    local found = text:find('["\\\n]', at)
    local what = found and text:sub(found, found)
    if what == '"' then
      local ok, decoded = pcall(cjson.decode, '[' .. text:sub(first - 1, found) .. ']')
      return ok and decoded[1] or nil, found + 2
    end
    if what ~= '\\' then return nil, first end
    at = found + 2
  end
end

-- The flow that a header names at this place, and the place behind it; nil and this place if it names none.
local function flow_at(text, at)
  local name, after = text:match('^"flow":"([^"\\\n]+)",()', at)
  if name then return name, after end
  if not text:match('^"flow":"', at) then return nil, at end
  return escaped_text(text, at + 8)
end

-- Returns the level, which is 4 where nothing else is said, the key or nil, and the place behind them.
--
-- text  what is left of an element without what scripts wrote: see envelope.lua
local function place_of(text)
  local at = text:match('^"expires":%d+,()') or 1
  -- The first letter of the next field: 'r', 't' or 'f'.
  local begins = text:byte(at + 1)
  if begins == 114 then
    at = text:match('^"result":%d+,()', at) or at
    begins = text:byte(at + 1)
  end
  if begins == 116 then
    at = text:match('^"timeout":%d+,()', at) or at
    begins = text:byte(at + 1)
  end
  if begins == 102 then at = select(2, flow_at(text, at)) end
  local level, after = text:match('^"priority":(%d),()', at)
  if level then return tonumber(level), nil, after end
  local key
  key, after = text:match('^"key":"([^"\\\n]+)",()', at)
  if not key and text:match('^"key":"', at) then key, after = escaped_text(text, at + 7) end
  return 4, key, after or at
end

-- The flow that a header names, or nil; where that begins, and the place behind it.
local function flow_in(text)
  local at = text:match('^"expires":%d+,()') or 1
  at = text:match('^"result":%d+,()', at) or at
  at = text:match('^"timeout":%d+,()', at) or at
  local name, behind = flow_at(text, at)
  return name, at, behind
end

-- The id in a header, as it stands there, and the place behind it; nil if it is not at this place.
local function id_at(text, at)
  local id, after = text:match('^"id":("[^"\\\n]+")()', at)
  if id or not text:match('^"id":"', at) then return id, after end
  local decoded, behind = escaped_text(text, at + 6)
  if decoded then return text:sub(at + 5, behind - 2), behind - 1 end
end

local function key_of(element)
  local _, _, text = read_envelope(element, '')
  local _, key = place_of(text)
  return key
end
