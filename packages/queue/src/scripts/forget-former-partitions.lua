-- Nothing waits any more where messages went before the number of partitions was another one.
--
-- known  what the shape has said of it
-- returns 1, or 0 if it says something else by now
if redis.call('HGET', shape, 'partitions') .. ':' .. (redis.call('HGET', shape, 'partitions_before') or '') ~= known then
  return 0
end
redis.call('HDEL', shape, 'partitions_before')
shape_changed()
return 1
