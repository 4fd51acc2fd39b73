-- Forget messages, given as the fields of whole batches and as receipts; returns how many were still
-- held. Needs batches.lua.
local function acknowledge(batches, active, whole, receipts)
  local acknowledged = 0
  for _, batch in ipairs(whole) do
    local first, count = batch:match('^(%d+):(%d+)$')
    if redis.call('HDEL', batches, batch) == 1 then
      acknowledged = acknowledged + count
    else
      -- It has been opened, or this comes a second time.
      for n = 0, count - 1 do receipts[#receipts + 1] = first + n end
    end
  end
  if #receipts == 0 then return acknowledged end

  local removed = redis.call('HDEL', active, unpack(receipts))
  if removed < #receipts then
    open_batches(batches, active)
    removed = removed + redis.call('HDEL', active, unpack(receipts))
  end
  return acknowledged + removed
end
