-- So many messages are through: acked, expired or dead.
local function finished(how, count)
  if count > 0 then redis.call('HINCRBY', stats, how, count) end
end
