-- What a lease changes of messages that are sent once, in a queue that has had any.
local has_once = redis.call('HEXISTS', shape, 'once') == 1

local function note_brought(receipt, element)
  if has_once and element then hold_once(receipt, { element }) end
end

local function note_acknowledged(whole, receipts)
  if has_once then end_acknowledged(whole, receipts) end
end

-- These are held under the receipt `first` and the following ones.
local function note_taken(first, suspect, elements, is_batch)
  if not has_once then return end
  if suspect then
    hold_once(first, { suspect })
    first = first + 1
  end
  hold_once(first, elements, is_batch)
end
