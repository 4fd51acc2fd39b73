-- Publish dead letters of a group again, oldest first, for this group only.
-- One by one, and not many bytes at a time: this holds up everything else. Needs most_bytes and
-- size_of.
--
-- KEYS  dead, stream
-- ARGV  group, first entry, last entry, how many at most
-- returns the entries that were published; none when there are none left
local dead, stream = unpack(KEYS)
local group = ARGV[1]
local sent, room = {}, most_bytes

for _ = 1, ARGV[4] do
  local entry = redis.call('XRANGE', dead, ARGV[2], ARGV[3], 'COUNT', 1)[1]
  if not entry or room <= 0 then break end
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
  room = room - size_of(entry)
end
return sent
