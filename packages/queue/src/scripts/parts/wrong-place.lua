-- Lists of levels and keys that are of another type. (In a block, because Lua has at most 200 local variables at a time, and some
-- scripts are near that.)
local wrong_list, wrong_place
do
  local are_right = {}

  -- The key of a list, if it is of another type; else nil.
  wrong_list = function(key)
    if are_right[key] then return nil end
    if not try('LLEN', key) then return key end
    are_right[key] = true
  end

  -- The list where an element would wait, or its suspects, if it is of another type; else nil.
  wrong_place = function(element)
    local _, suspect, text = read_envelope(element, '')
    local level, key = place_of(text)
    return wrong_list(key and key_prefix .. key or list_of_level(level))
      or suspect and wrong_list(suspects_of_level(level)) or nil
  end
end
