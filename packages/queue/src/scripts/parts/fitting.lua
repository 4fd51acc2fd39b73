-- Return how many of these elements fit into `room` bytes, and how many bytes are left.
local function fitting(elements, room)
  for n = 1, #elements do
    local left = room - #elements[n]
    if left < 0 then return n - 1, room end
    room = left
  end
  return #elements, room
end
