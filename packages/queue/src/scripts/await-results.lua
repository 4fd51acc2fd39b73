-- Read what is known of results; and where one is not there yet, have it told on a channel.
--
-- channel  '' if it is not to be told
-- wait_ms  how long to tell it
-- rest     ids
-- returns for each id { field, value, ... }, empty if nothing is known; as many as fit into an answer, at least one
local reply, size = {}, 0
for i = rest, #ARGV do
  local id = ARGV[i]
  local fields, is_through = redis.call('HGETALL', result_prefix .. id), false
  for n = 1, #fields, 2 do
    is_through = is_through or fields[n] == 'state'
    size = size + #fields[n + 1]
  end
  if size > most_bytes and i > rest then break end
  reply[#reply + 1] = fields
  if channel ~= '' and not is_through then
    local waiters = waiters_prefix .. id
    redis.call('SADD', waiters, channel)
    if redis.call('PTTL', waiters) < tonumber(wait_ms) then redis.call('PEXPIRE', waiters, wait_ms) end
  end
end
return reply
