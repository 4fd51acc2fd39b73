-- The last offset that a stream can have. A partition that is to get no more records, because the topic has other ones now, has used
-- it. So the server refuses all further records, also those of other clients.
local last_offset = '18446744073709551615-18446744073709551615'

local function is_closed()
  if redis.call('EXISTS', stream) == 0 then return false end
  local info = redis.call('XINFO', 'STREAM', stream)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return info[i + 1] == last_offset end
  end
end
