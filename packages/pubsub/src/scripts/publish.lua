-- Publish the messages of one tick, in order, in one round trip.
-- One that Redis refuses (a channel the user may not use) does not keep the others back.
--
-- sharded  in a Cluster the one channel they are all for; else none, as a channel is not a key
-- verb     PUBLISH or SPUBLISH
-- lengths  how many of the messages that follow each other have the same channel, by spaces
-- rest     for each such run its channel and its bodies
-- returns how many received a message, or the text of the error, and for how many messages in a row
--       that holds; and so on
local send = redis.pcall
local outcomes = {}
local last, times = nil, 0
local at = rest

for length in lengths:gmatch('%d+') do
  local channel = ARGV[at]
  for body = at + 1, at + length do
    local reply = send(verb, channel, ARGV[body])
    if type(reply) == 'table' then reply = reply.err end
    if reply == last then
      times = times + 1
      outcomes[#outcomes] = times
    else
      last, times = reply, 1
      outcomes[#outcomes + 1] = reply
      outcomes[#outcomes + 1] = times
    end
  end
  at = at + length + 1
end

return outcomes
