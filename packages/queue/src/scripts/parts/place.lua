-- Where a message waits, by what its producer said of it: the priority or the key. It stands in the header behind what
-- scripts write, and before the id.

-- The key that a text of JSON begins with, which has escapes.
local function escaped_key(text, first)
  local at = first
  while true do
    local found = text:find('["\\\n]', at)
    local what = found and text:sub(found, found)
    if what == '"' then
      local ok, key = pcall(cjson.decode, '[' .. text:sub(first - 1, found) .. ']')
      return ok and key[1] or nil
    end
    if what ~= '\\' then return nil end
    at = found + 2
  end
end

-- Returns the level, which is 4 where nothing else is said, and the key or nil.
--
-- text  what is left of an element without what scripts wrote: see envelope.lua
local function place_of(text)
  local at = text:match('^"expires":%d+,()') or 1
  local level = text:match('^"priority":(%d),', at)
  if level then return tonumber(level) end
  local key = text:match('^"key":"([^"\\\n]+)",', at)
  if not key and text:match('^"key":"', at) then key = escaped_key(text, at + 7) end
  return 4, key
end

local function key_of(element)
  local _, _, text = read_envelope(element, '')
  local _, key = place_of(text)
  return key
end
