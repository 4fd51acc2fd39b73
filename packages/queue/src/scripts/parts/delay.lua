-- Delayed elements, by when they are due. A set orders by text what is due in the same ms, so each has
-- a number in front, always of ten digits: one more than the last one's that is due then.
local numbers = {}

-- Put an element among the delayed ones, behind those that are due at the same time.
local function delay(due, element)
  local number = numbers[due]
  if not number then
    local last = redis.call('ZRANGE', delayed, due, due, 'BYSCORE', 'REV', 'LIMIT', 0, 1)[1]
    number = last and (tonumber(last:sub(1, 10)) or 0) + 1 or 1
  end
  redis.call('ZADD', delayed, due, string.format('%010d', number) .. element)
  numbers[due] = number + 1
end
