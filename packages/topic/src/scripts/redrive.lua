-- Publish dead letters of a group again, oldest first, for this group only.
-- One by one, and not many bytes at a time: this holds up everything else.
--
-- from, to  the first entry and the last one
-- limit     how many at most
-- returns the entries that were published; none when there are none left
local sent, room = {}, most_bytes

for _ = 1, tonumber(limit) do
  local entry = redis.call('XRANGE', dead, from, to, 'COUNT', 1)[1]
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
