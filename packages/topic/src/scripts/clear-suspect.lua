-- Remove the mark of a suspect that was not started, because it has to wait for other records of its key. If its
-- consumer dies meanwhile, this record was not the cause, and becomes a suspect again.
--
-- returns 1, or 0 if it is not a suspect that this consumer holds
if not redis.call('ZSCORE', consumers, consumer) then return 0 end
if not held_record(offset) then return 0 end
return redis.call('ZREM', suspects, offset)
