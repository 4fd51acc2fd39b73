-- Delete what waits of keys, of as many keys at most. Returns how many messages these were, and whether there are
-- more keys.
local function forget_keys(most)
  local found = redis.call('ZRANGE', keys_by_age, 0, most - 1)
  local deleted = 0
  for _, key in ipairs(found) do
    deleted = deleted + redis.call('LLEN', key_prefix .. key)
    redis.call('UNLINK', key_prefix .. key)
  end
  if found[1] then
    for _, known in ipairs({ ready, later, keys_by_age, keys_by_pending }) do
      redis.call('ZREM', known, unpack(found))
    end
    redis.call('HINCRBY', fair, 'pending', -deleted)
  end
  return deleted, redis.call('EXISTS', keys_by_age) == 1
end
