-- Send dead letters again, oldest first, as new: their attempts are forgotten.
-- One by one, and not many bytes at a time: this holds up everything else. Needs most_bytes.
--
-- KEYS  dead, list
-- ARGV  first entry, last entry, how many at most
-- returns { entry id, ... } of those that were sent; none when there are none left
local dead, list = unpack(KEYS)
local sent, room = {}, most_bytes

for _ = 1, ARGV[3] do
  local entry = redis.call('XRANGE', dead, ARGV[1], ARGV[2], 'COUNT', 1)[1]
  if not entry or room <= 0 then break end
  local id, fields = entry[1], entry[2]
  for i = 1, #fields, 2 do
    if fields[i] == 'element' then
      local _, _, rest = open(fields[i + 1], id)
      redis.call('LPUSH', list, close(0, false, rest))
      room = room - #rest
    end
  end
  redis.call('XDEL', dead, id)
  sent[#sent + 1] = id
end
return sent
