-- Levels of priority, from 0 to 9. Level 4 is that of all messages without a priority: what the list and `returned`
-- hold. Each other level has a list of its own, read from the right.

local function list_of_level(level)
  return level == 4 and returned or level_prefix .. level
end

local function suspects_of_level(level)
  return level == 4 and suspects or suspects .. ':' .. level
end
