-- Send messages with a delay or an expiry, in order among the others of their batch.
--
-- rest  for each message: delay in ms or 0, time to live in ms or 0, element
-- returns how many were sent

-- An error for a key that is no list: what is only delayed would be refused too late to be told.
redis.call('LLEN', list)

local time = now()
local earliest = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
local sooner = false

for i = rest, #ARGV, 3 do
  local delay_ms, ttl_ms, element = tonumber(ARGV[i]), tonumber(ARGV[i + 1]), ARGV[i + 2]
  if ttl_ms > 0 then
    element = '\0011{"expires":' .. (time + delay_ms + ttl_ms) .. ',' .. element:sub(4)
  end
  if delay_ms == 0 then
    redis.call('LPUSH', list, element)
  else
    local due = time + delay_ms
    delay(due, element)
    sooner = sooner or not earliest or due < tonumber(earliest)
  end
end

if sooner then tell('delayed') end
return (#ARGV - rest + 1) / 3
