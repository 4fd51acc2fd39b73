-- Return whether one consumer has confirmed the shape that the queue has now.
--
-- returns 1 if it has, 0 if it has not yet, or -1 if it has not, and holds no lease any more
local version = shape_version()
if version ~= '' and redis.call('HGET', seen, consumer) == version then return 1 end
local lease_ends = redis.call('ZSCORE', consumers, consumer)
if not lease_ends or tonumber(lease_ends) <= now() then return -1 end
-- Somebody has withdrawn all that was declared.
return version == '' and 1 or 0
