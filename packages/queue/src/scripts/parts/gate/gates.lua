-- The gates of a queue that has a shape, in the order in which they are asked. Each part in this folder adds its own:
--
-- allowed(count)  how many messages may be taken now, at most `count`. If these are fewer than `count`, the second
--                 result is in how many ms to ask again, or -1 if a signal or another shape tells when. The third one
--                 is how many might be taken at most, where this gate limits the number
-- took(count)     optional: this number of messages was taken, which may be 0
local gates = {}

-- True when the shape is another one than the caller knows.
local function is_reshaped()
  return shape_version() ~= version
end

-- How many messages might have been taken, or nil where no gate limits the number.
local gate_room

-- How many all gates let through. When to ask again, the one says that lets the fewest through.
local function allowed(count)
  local ask_again_ms
  for _, gate in ipairs(gates) do
    if count == 0 then break end
    local through, again_ms, room = gate.allowed(count)
    if room then gate_room = math.min(room, gate_room or room) end
    if through < count then count, ask_again_ms = through, again_ms end
  end
  return count, ask_again_ms
end

local function took(count)
  for _, gate in ipairs(gates) do
    if gate.took then gate.took(count) end
  end
end
