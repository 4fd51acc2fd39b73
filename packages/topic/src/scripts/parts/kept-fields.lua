-- The fields that a dead letter keeps of a record: all of them, or if there are more than Lua can
-- hand to a command (its stack has 8000 places) those that mean something to a topic.
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
