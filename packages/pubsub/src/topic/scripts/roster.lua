-- What is pending in a group, whoever holds it, oldest first: who takes over a partition must know
-- which records come before which.
--
-- KEYS  stream
-- ARGV  group
-- returns { offset, key or ''... }
local stream, group = KEYS[1], ARGV[1]
local reply = {}
for _, pending in ipairs(redis.call('XPENDING', stream, group, '-', '+', most_held)) do
  local entry = redis.call('XRANGE', stream, pending[1], pending[1])[1]
  local key = ''
  for i = 1, entry and #entry[2] or 0, 2 do
    if entry[2][i] == 'key' then key = entry[2][i + 1] end
  end
  reply[#reply + 1] = pending[1]
  reply[#reply + 1] = key
end
return reply
