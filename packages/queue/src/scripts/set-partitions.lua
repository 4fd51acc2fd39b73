-- Set into how many partitions the queue is divided.
--
-- count     how many
-- is_first  1 to leave the number as it is where the queue is divided already
-- returns { how many there are, how many lists there have ever been }
local former, ever = unpack(redis.call('HMGET', shape, 'partitions', 'partition_lists'))
if former and (is_first == '1' or former == count) then
  return { tonumber(former), tonumber(ever) }
end
ever = math.max(tonumber(count), tonumber(ever or 0))
redis.call('HSET', shape, 'partitions', count, 'partition_lists', ever)
shape_changed()
return { tonumber(count), ever }
