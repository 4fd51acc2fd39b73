-- End the lease of a consumer, and return the records that it still holds, without counting an attempt. The consumer is
-- removed from the group only when no record is pending under its name, because XGROUP DELCONSUMER drops pending records.
--
-- returns how many records were returned
if redis.call('ZREM', consumers, consumer) == 0 then return 0 end
redis.call('DEL', registration)
local time = now()
local held = redis.call('XPENDING', stream, group, '-', '+', most_held, consumer)
for _, pending in ipairs(held) do return_record(pending, time) end
if not redis.call('XPENDING', stream, group, '-', '+', 1, consumer)[1] then
  redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer)
end
redis.call('PUBLISH', signal, 'left')
return #held
