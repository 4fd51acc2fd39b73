-- Create a group in a partition, unless it exists.
--
-- from  the offset at which it begins, or $ for the end
-- returns 1 if it was created
local made = redis.pcall('XGROUP', 'CREATE', stream, group, from, 'MKSTREAM')
if not made.err then return 1 end
return made.err:find('BUSYGROUP', 1, true) and 0 or made
