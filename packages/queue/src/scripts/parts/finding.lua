-- Finds a message by its id: `id`, and `id_json` as it stands in most headers. A bare payload has an id only while a
-- consumer holds it.

local function has_id(element, bare_id)
  if element:sub(1, 3) ~= '\0011{' then return bare_id == id end
  local written = element:match('^\0011{"id":("[^"\\\n]+")')
  if written then return written == id_json end
  local header_end = element:find('\n', 3, true)
  local header = element:sub(3, (header_end or 3) - 1)
  -- Other clients may escape other characters.
  if not header:find(id_json, 1, true) and not header:find('\\', 1, true) then return false end
  local ok, fields = pcall(cjson.decode, header)
  return ok and type(fields) == 'table' and fields.id == id
end
