-- Send dead letters again, oldest first, as new: their attempts are forgotten.
--
-- KEYS  dead, list
-- ARGV  first entry, last entry, how many at most
-- returns { entry id, ... } of those that were sent
local dead, list = unpack(KEYS)
local sent = {}

for _, entry in ipairs(redis.call('XRANGE', dead, ARGV[1], ARGV[2], 'COUNT', ARGV[3])) do
  local id, fields = entry[1], entry[2]
  for i = 1, #fields, 2 do
    if fields[i] == 'element' then
      local _, _, rest = open(fields[i + 1], id)
      redis.call('LPUSH', list, close(0, false, rest))
    end
  end
  redis.call('XDEL', dead, id)
  sent[#sent + 1] = id
end
return sent
