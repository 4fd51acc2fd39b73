-- Tell what the queue has declared.
--
-- returns { field, value, ... }
shape_version()
return redis.call('HGETALL', shape)
