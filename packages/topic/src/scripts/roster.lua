-- List the records that are pending in a group under any consumer, oldest first, because a new owner of a partition has
-- to know their order. The records are read to find their keys, so one call reads a limited number of bytes.
--
-- from   the offset to begin at; with '(' in front, to begin after
-- limit  how many at most
-- returns { 1 if there may be more, offset, key or ''... }
local pending = redis.call('XPENDING', stream, group, from, '+', limit)
local reply, room = { #pending == tonumber(limit) and 1 or 0 }, most_bytes
for _, each in ipairs(pending) do
  if room <= 0 then
    reply[1] = 1
    break
  end
  local entry = redis.call('XRANGE', stream, each[1], each[1])[1]
  local key = ''
  for i = 1, entry and #entry[2] or 0, 2 do
    if entry[2][i] == 'key' then key = entry[2][i + 1] end
  end
  room = room - (entry and size_of(entry) or 0)
  reply[#reply + 1] = each[1]
  reply[#reply + 1] = key
end
return reply
