-- Delete what waits of keys, of as many keys at most. Returns how many messages these were, and whether there are
-- more keys. Members of flows are counted one by one: those of other keys are still there.
local function forget_keys(most)
  local found = redis.call('ZRANGE', keys_by_age, 0, most - 1)
  local deleted, has_members = 0, redis.call('EXISTS', members) == 1
  for _, key in ipairs(found) do
    if has_members then
      local first = 0
      repeat
        local elements = redis.call('LRANGE', key_prefix .. key, first, first + 99)
        for _, element in ipairs(elements) do end_member(element, 'cancelled') end
        first = first + 100
      until #elements < 100
    end
    deleted = deleted + redis.call('LLEN', key_prefix .. key)
    redis.call('UNLINK', key_prefix .. key)
  end
  if found[1] then
    for _, known in ipairs({ ready, later, keys_by_age, keys_by_pending }) do
      redis.call('ZREM', known, unpack(found))
    end
    redis.call('HINCRBY', fair, 'pending', -deleted)
  end
  post_ended()
  return deleted, redis.call('EXISTS', keys_by_age) == 1
end
