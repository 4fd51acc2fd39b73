-- Tell of dead letters what a search needs, without their bodies and stacks. A call looks at a limited number of bytes.
--
-- from, to  ids of entries
-- limit     how many to look at, at most
-- returns { { entry id, reason, error, the header of the element, or '' where there is none }, ... }
local found = read_entries(dead, from, to, tonumber(limit))
local told = {}
for n, entry in ipairs(found) do
  local values, fields = {}, entry[2]
  for i = 1, #fields, 2 do values[fields[i]] = fields[i + 1] end
  local header = (values.element or ''):match('^\0011{[^\n]*\n') or ''
  told[n] = { entry[1], values.reason or '', values.error or '', header }
end
return told
