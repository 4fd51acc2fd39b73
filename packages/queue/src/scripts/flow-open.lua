-- Open a flow that continues in this queue: see flow.lua.
--
-- id    its id
-- rest  its fields and their values
-- returns 1, or 0 if there was one with this id
redis.call('ZCARD', flows)
return open_flow(id, { unpack(ARGV, rest) }) and 1 or 0
