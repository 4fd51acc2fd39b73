-- A suspect that has to wait for others of its key has not been started. It is none any more, and
-- not to blame should its consumer die: then it becomes one again.
--
-- returns 1, or 0 if it is no suspect of this consumer
if not redis.call('ZSCORE', consumers, consumer) then return 0 end
if not held_record(offset) then return 0 end
return redis.call('ZREM', suspects, offset)
