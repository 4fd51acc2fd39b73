-- Hold the element that a blocking move has just brought, under the receipt that the consumer has given to it. A late
-- call, after the element got this receipt in another way, must not take the next element. Returns the element, if there
-- is one.
local function hold_handed_off(receipt)
  if receipt == '' or is_held(receipt) then return end
  local element = redis.call('LPOP', handoff)
  if element then hold(receipt, { element }) end
  return element
end
