-- How many messages wait at each level, by its number, those that are suspects among them. The second result is the
-- sum. They are not delayed: the third result is how many are.
local function waiting()
  local has_levels = redis.call('HEXISTS', shape, 'levels') == 1
  local counts, sum = {}, 0
  for level = has_levels and 0 or 4, has_levels and 9 or 4 do
    local count = redis.call('LLEN', list_of_level(level)) + redis.call('LLEN', suspects_of_level(level))
    if level == 4 then count = count + redis.call('LLEN', list) + (redis.call('HGET', fair, 'pending') or 0) end
    counts[level] = count
    sum = sum + count
  end
  return counts, sum, redis.call('ZCARD', delayed) + redis.call('ZCARD', debounced)
end
