-- Set into how many partitions the queue is divided.
--
-- count     how many
-- is_first  1 to leave the number as it is where the queue is divided already
-- returns the fields of the shape that say how it is divided; nothing has changed where messages of keys still wait where they went
--         before the last change
local function read()
  return redis.call('HMGET', shape, 'partitions', 'partition_lists', 'partitions_before', 'partitions_changed')
end

local former, ever, before = unpack(read())
local is_kept = former == count or before or former and is_first == '1'
if not is_kept then
  redis.call('HSET', shape, 'partitions', count, 'partition_lists', math.max(count, ever or 0),
    'partitions_since', string.format('%.0f', now()))
  if former then redis.call('HSET', shape, 'partitions_changed', 1) end
  -- In a queue that was not divided, they wait in its own list.
  local may_wait = former or redis.call('HEXISTS', shape, 'keys') + redis.call('HEXISTS', shape, 'once') > 0
  if may_wait then redis.call('HSET', shape, 'partitions_before', former or 0) end
  shape_changed()
end
return read()
