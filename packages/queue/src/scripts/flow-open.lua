-- Open a flow that continues in this queue: see flow.lua.
--
-- id    its id
-- rest  its fields and their values
-- returns 1, or 0 if there was one with this id
-- An error for a key that is no list: the continuation would be refused too late to be told.
redis.call('LLEN', list)
redis.call('ZCARD', flows)
return open_flow(id, { unpack(ARGV, rest) }) and 1 or 0
