-- Delete all messages that wait.
--
-- returns { pending, delayed } that were deleted
local pending_count = redis.call('LLEN', list) + redis.call('LLEN', returned) + redis.call('LLEN', suspects)
local delayed_count = redis.call('ZCARD', delayed)
redis.call('UNLINK', list, returned, suspects, delayed)
return { pending_count, delayed_count }
