-- Whether all that a consumer holds can be put elsewhere: if not, nothing is, or what was would be put there again by the next call.

-- The elements that are held under these receipts, and those in the handoff list: each for `wrong`, until it returns a key of
-- another type. One after the other, because all of them together may not fit into memory.
local function wrong_of_held(receipts, wrong)
  for _, receipt in ipairs(receipts) do
    local found = wrong(held(receipt))
    if found then return found end
  end
  -- Each goes to the other end, so that the order is the same when all of them have gone there.
  local found
  for _ = 1, redis.call('LLEN', handoff) do
    local element = redis.call('RPOP', handoff)
    redis.call('LPUSH', handoff, element)
    found = found or wrong(element)
  end
  return found
end
