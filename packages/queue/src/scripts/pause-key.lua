-- Pause a key, or change the end of its pause.
--
-- key    the key
-- ends   when the pause ends, in ms since 1970, or '' if only resume-key.lua ends it
-- returns the version of the shape
shape_version()
local field = 'paused_key:' .. key
local former = redis.call('HGET', shape, field)
if not former then redis.call('HINCRBY', shape, 'key_pauses', 1) end
redis.call('HSET', shape, field, ends)
if redis.call('ZREM', ready, key) == 1 or former and waits_until(key, former) then
  redis.call('ZADD', later, ends == '' and '+inf' or ends, key)
end
shape_changed()
return shape_version()
