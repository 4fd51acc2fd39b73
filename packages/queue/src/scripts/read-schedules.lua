-- Read schedules, as many as fit into an answer, but at least one.
--
-- rest  their names
-- returns { the server's time in ms since 1970, { spec, state }, ... }: both are empty for one that is not there
local answer, room = { now() }, most_bytes
for i = rest, #ARGV do
  local spec = redis.call('HGET', schedule_specs, ARGV[i]) or ''
  room = room - #spec
  if i > rest and room < 0 then break end
  answer[#answer + 1] = { spec, redis.call('HGET', schedule_states, ARGV[i]) or '' }
end
return answer
