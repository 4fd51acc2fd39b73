-- Set into how many partitions the queue is divided.
--
-- count     how many
-- is_first  1 to leave the number as it is where the queue is divided already
-- returns the fields of the shape that say how it is divided
local former, ever, before = unpack(redis.call('HMGET', shape, 'partitions', 'partition_lists', 'partitions_before'))
if former ~= count and not (former and is_first == '1') then
  -- Messages of keys may wait where these were before: in a queue that was not divided, in its own list.
  local has_kept = former or redis.call('HEXISTS', shape, 'keys') + redis.call('HEXISTS', shape, 'once') > 0
  local counts = { has_kept and (former or '0') or nil }
  for each in (before or ''):gmatch('%d+') do
    if each ~= count and each ~= counts[1] then counts[#counts + 1] = each end
  end
  redis.call('HSET', shape, 'partitions', count, 'partition_lists', math.max(count, ever or 0),
    'partitions_before', table.concat(counts, ','))
  if former then redis.call('HSET', shape, 'partitions_changed', 1) end
  shape_changed()
end
return redis.call('HMGET', shape, 'partitions', 'partition_lists', 'partitions_before', 'partitions_changed')
