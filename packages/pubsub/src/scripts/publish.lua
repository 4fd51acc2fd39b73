-- Publish the messages of one tick, in order, in one round trip.
-- One that Redis refuses (a channel the user may not use) does not keep the others back.
--
-- KEYS  none: a channel is not a key, so any node of a Cluster can run this
-- ARGV  channel, body, channel, body...
-- returns for each message how many received it, or the text of the error
local outcomes = {}

for i = 1, #ARGV, 2 do
  local reply = redis.pcall('PUBLISH', ARGV[i], ARGV[i + 1])
  outcomes[#outcomes + 1] = type(reply) == 'table' and reply.err or reply
end

return outcomes
