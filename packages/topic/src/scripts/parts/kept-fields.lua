-- The fields of a record that its dead letter keeps: all of them, or, if there are more than Lua can pass to a command (its
-- stack has 8000 places), only the fields of a topic.
local function kept_fields(fields)
  if #fields <= 4000 then return fields end
  local kept = {}
  local known = { body = true, key = true, headers = true, id = true, group = true }
  for i = 1, #fields, 2 do
    if known[fields[i]] then
      known[fields[i]] = nil
      kept[#kept + 1], kept[#kept + 2] = fields[i], fields[i + 1]
    end
  end
  return kept
end
