-- Publish dead letters of a group again, oldest first, for this group only.
--
-- KEYS  dead, stream
-- ARGV  group, first entry, last entry, how many at most
-- returns the entries that were published
local dead, stream = unpack(KEYS)
local group = ARGV[1]
local sent = {}

for _, entry in ipairs(redis.call('XRANGE', dead, ARGV[2], ARGV[3], 'COUNT', ARGV[4])) do
  local record = {}
  -- The first four fields say why it is a dead letter.
  for i = 9, #entry[2], 2 do
    local name, value = entry[2][i], entry[2][i + 1]
    if name ~= 'group' then record[#record + 1], record[#record + 2] = name, value end
  end
  record[#record + 1], record[#record + 2] = 'group', group
  redis.call('XADD', stream, '*', unpack(record))
  redis.call('XDEL', dead, entry[1])
  sent[#sent + 1] = entry[1]
end
return sent
