-- Tell what is known of keys.
--
-- by    'pending' for the keys with the most messages that wait, 'age' for those whose next message has been the next
--       one for the longest time, '' for the key `only`
-- only  a key
-- most  how many keys at most
-- returns { key, how many wait, since when the next one is it, how many are held, not before, paused until, ... }: for
--       each key six values, '' where there is no such value
local names
if by == '' then
  names = { only }
elseif by == 'age' then
  names = redis.call('ZRANGE', keys_by_age, 0, most - 1)
else
  names = redis.call('ZREVRANGE', keys_by_pending, 0, most - 1)
end

local reply, time = {}, now()
for _, key in ipairs(names) do
  local later_at = redis.call('ZSCORE', later, key)
  local paused = redis.call('HGET', shape, 'paused_key:' .. key)
  if paused and paused ~= '' and tonumber(paused) <= time then paused = false end
  local values = {
    key,
    redis.call('ZSCORE', keys_by_pending, key) or '0',
    redis.call('ZSCORE', keys_by_age, key) or '',
    tostring((held_of(key))),
    later_at and later_at ~= 'inf' and later_at or '',
    paused and (paused == '' and 'inf' or paused) or '',
  }
  for _, value in ipairs(values) do reply[#reply + 1] = value end
end
return reply
