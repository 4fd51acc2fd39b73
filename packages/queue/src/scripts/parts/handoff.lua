-- Hold what a blocking move has just brought, under the receipt that the consumer gave it. A call that comes
-- late, after the receipt was given otherwise, must not take the next element.
local function hold_handed_off(receipt)
  if receipt == '' or is_held(receipt) then return end
  local element = redis.call('LPOP', handoff)
  if element then hold(receipt, { element }) end
end
