-- A lease cannot end later than its own length from now. A lease that does was taken before the server's
-- clock went back, and would keep the messages of a dead consumer until the clock has caught up. A consumer's
-- name ends in a dot and the length of its lease in ms. Returns how many leases were shortened.
-- A former consumer, with '~' in front of its name, is remembered for `former_ms`, however short its lease was.
local function shorten_leases(leases, time, own_lease_ms, former_ms)
  local shortened = 0
  local latest = string.format('(%.0f', time + own_lease_ms)
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', leases, latest, '+inf')) do
    local is_former = name:sub(1, 1) == '~'
    local lease_ms = is_former and former_ms or tonumber(name:match('%.(%d+)$'))
    if lease_ms then
      shortened = shortened + redis.call('ZADD', leases, 'XX', 'LT', 'CH', time + lease_ms, name)
    end
  end
  return shortened
end

