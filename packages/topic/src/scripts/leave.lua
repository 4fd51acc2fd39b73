-- Give up a consumer's lease, and return whatever it still holds, uncounted. Its entry in the
-- group is removed only when it holds nothing: that would drop what is pending.
--
-- returns how many were returned
if redis.call('ZREM', consumers, consumer) == 0 then return 0 end
local time = now()
local held = redis.call('XPENDING', stream, group, '-', '+', most_held, consumer)
for _, pending in ipairs(held) do return_record(pending, time) end
if not redis.call('XPENDING', stream, group, '-', '+', 1, consumer)[1] then
  redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer)
end
redis.call('PUBLISH', signal, 'left')
return #held
