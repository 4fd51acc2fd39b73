-- Delete all messages that wait; those with a key for a number of keys at a time.
--
-- most  how many keys at most
-- returns { pending, delayed, 1 if there are more keys }: how many messages were deleted
local keyed_before = tonumber(redis.call('HGET', fair, 'pending') or 0)
local counts, sum = waiting()
local delayed_count = redis.call('ZCARD', delayed)
local had_suspects = false
for level in pairs(counts) do
  had_suspects = redis.call('UNLINK', suspects_of_level(level)) == 1 or had_suspects
  redis.call('UNLINK', list_of_level(level))
end
redis.call('UNLINK', list, delayed)
local keyed, has_more = forget_keys(tonumber(most))

if had_suspects and redis.call('EXISTS', busy) == 1 then
  -- From now on only what consumers hold keeps a key busy.
  local held_counts = {}
  for _, member in ipairs(redis.call('ZRANGE', consumers, 0, -1)) do
    for _, label in ipairs(redis.call('HVALS', labels_prefix .. member:gsub('^~', ''))) do
      local key = read_label(label)
      held_counts[key] = (held_counts[key] or 0) + 1
    end
  end
  local entries = redis.call('HGETALL', busy)
  for i = 1, #entries, 2 do
    local key, time = entries[i], entries[i + 1]:match(':(.+)$')
    if held_counts[key] then
      redis.call('HSET', busy, key, held_counts[key] .. ':' .. time)
    else
      redis.call('HDEL', busy, key)
    end
  end
end
redis.call('HDEL', fair, 'keyless')
forget_times()
return { sum - keyed_before + keyed, delayed_count, has_more and 1 or 0 }
