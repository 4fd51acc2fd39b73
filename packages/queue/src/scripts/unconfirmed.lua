-- Return the consumers that have not confirmed the shape of the queue. This is the shape that there is now: after the
-- caller has changed it, others may have changed other things in it, and then consumers confirm only the newest one.
--
-- returns { consumer, ... }; none where nothing is declared
local version = shape_version()
if version == '' then return {} end
local unconfirmed = {}
for _, consumer in ipairs(redis.call('ZRANGEBYSCORE', consumers, now(), '+inf')) do
  local is_former = consumer:sub(1, 1) == '~'
  if not is_former and redis.call('HGET', seen, consumer) ~= version then
    unconfirmed[#unconfirmed + 1] = consumer
  end
end
return unconfirmed
