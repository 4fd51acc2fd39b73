-- End the pause of a key.
--
-- key  the key
-- returns 1, or 0 if it was not paused
shape_version()
local ends = redis.call('HGET', shape, 'paused_key:' .. key)
if not ends then return 0 end
forget_pause(key)
-- A message that has failed may still have to wait.
if waits_until(key, ends) then
  redis.call('ZREM', later, key)
  make_ready({ new_time(), key })
end
shape_changed()
tell_arrived()
return ends ~= '' and tonumber(ends) <= now() and 0 or 1
