-- The server's time in ms since 1970. Clients' clocks may be wrong.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

