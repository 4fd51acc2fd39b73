-- Delete what waits of keys, of as many keys at most. Returns how many messages these were, and whether there are
-- more keys.
local function forget_keys(most)
  local found = redis.call('ZRANGE', keys_by_pending, 0, most - 1, 'WITHSCORES')
  local deleted = 0
  for i = 1, #found, 2 do
    local key = found[i]
    redis.call('UNLINK', key_prefix .. key)
    redis.call('ZREM', ready, key)
    redis.call('ZREM', later, key)
    redis.call('ZREM', keys_by_age, key)
    redis.call('ZREM', keys_by_pending, key)
    deleted = deleted + found[i + 1]
  end
  if deleted > 0 then redis.call('HINCRBY', fair, 'pending', -deleted) end
  return deleted, redis.call('EXISTS', keys_by_pending) == 1
end
