-- Tell which consumers have not yet confirmed a shape.
--
-- version  of that shape
-- returns nil when the queue has another shape by now, else { consumer, ... }
if shape_version() ~= version then return nil end
local unconfirmed = {}
for _, consumer in ipairs(redis.call('ZRANGEBYSCORE', consumers, now(), '+inf')) do
  local is_former = consumer:sub(1, 1) == '~'
  if not is_former and redis.call('HGET', seen, consumer) ~= version then
    unconfirmed[#unconfirmed + 1] = consumer
  end
end
return unconfirmed
