-- Pause one consumer, or change the reason of its pause.
--
-- consumer  its name
-- reason    why, or ''
-- returns 1, or 0 if no consumer of this name holds a lease
local lease_ends = redis.call('ZSCORE', consumers, consumer)
local is_former = consumer:sub(1, 1) == '~'
if is_former or not lease_ends or tonumber(lease_ends) <= now() then return 0 end
shape_version()
redis.call('HSET', shape, 'paused_consumer:' .. consumer, now() .. ':' .. reason)
shape_changed()
return 1
