-- So many messages are through: acked, expired, dead, or deleted from the dead letters (trimmed).
local function finished(how, count)
  if count > 0 then redis.call('HINCRBY', stats, how, count) end
end
