-- Moves the fake clock on. What Redis itself lets expire has so much less time to live, and leases so much more: time that
-- a test skips is not time in which a consumer was silent.
--
-- ms  by how much
local shift = (redis.call('GET', clock) or 0) + ms
redis.call('SET', clock, string.format('%.0f', shift))

for _, key in ipairs(redis.call('KEYS', '*')) do
  local ttl = redis.call('PTTL', key)
  if ttl >= 0 then redis.call('PEXPIRE', key, string.format('%.0f', ttl - ms)) end

  local is_of_leases = key:find('}:consumers', 1, true) or key:find('}:partition:consumers', 1, true) or key:find('}:members:', 1, true)
  if is_of_leases and redis.call('TYPE', key).ok == 'zset' then
    for _, name in ipairs(redis.call('ZRANGE', key, 0, -1)) do
      if name:sub(1, 1) ~= '~' then redis.call('ZINCRBY', key, ms, name) end
    end
  end
end
return string.format('%.0f', shift)
