-- Delayed elements, by due time. A ZSET sorts members with the same score by their text, so each element has a number in
-- front, always of ten digits: one more than that of the last element with the same due time.
local numbers = {}

-- Add an element to the delayed ones, after those that are due at the same time.
local function delay(due, element)
  local number = numbers[due]
  if not number then
    local last = redis.call('ZRANGE', delayed, due, due, 'BYSCORE', 'REV', 'LIMIT', 0, 1)[1]
    number = last and (tonumber(last:sub(1, 10)) or 0) + 1 or 1
  end
  redis.call('ZADD', delayed, due, string.format('%010d', number) .. element)
  numbers[due] = number + 1
end
