-- What a lease changes of messages that are sent once, in a queue that has had any.
local has_once = redis.call('HEXISTS', shape, 'once') == 1

local function note_brought(receipt, element)
  if has_once and element then hold_once({ receipt, element }) end
end

local function note_acknowledged(whole, receipts)
  if has_once then end_acknowledged(whole, receipts) end
end

-- These are held from the receipt `first` on.
local function note_taken(first, suspect, elements)
  if not has_once then return end
  local held_now = {}
  for _, element in ipairs(suspect and { suspect, unpack(elements) } or elements) do
    held_now[#held_now + 1] = first + #held_now / 2
    held_now[#held_now + 1] = element
  end
  hold_once(held_now)
end
