-- Forget all messages that wait.
--
-- KEYS  list, suspects, delayed
-- returns { pending, delayed } that were forgotten
local pending = redis.call('LLEN', KEYS[1]) + redis.call('LLEN', KEYS[2])
local delayed = redis.call('ZCARD', KEYS[3])
redis.call('UNLINK', unpack(KEYS))
return { pending, delayed }
