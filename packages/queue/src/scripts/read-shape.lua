-- Tell what the queue has declared.
--
-- consumer  who asks
-- returns { field, value, ... }, or nil if this consumer holds no lease: who is gone is not told that its pause is over
if not redis.call('ZSCORE', consumers, consumer) then return nil end
shape_version()
return redis.call('HGETALL', shape)
