-- Publish dead letters of a group again, oldest first, for this group only. They are moved one by one, and a call moves a
-- limited number of bytes, because no other call is executed meanwhile.
--
-- from, to  the first and the last entry
-- limit     how many at most
-- rest      a body to publish instead of theirs, if there is one
-- returns the entries that were published; none when no entries are left; nil, and nothing was published, when the partition gets no more
--         records
local sent, room = {}, most_bytes
local edited = ARGV[rest]

for _ = 1, tonumber(limit) do
  local entry = redis.call('XRANGE', dead, from, to, 'COUNT', 1)[1]
  if not entry or room <= 0 then break end
  local record = edited and { 'body', edited } or {}
  -- The first four fields belong to the dead letter, the others to the record.
  for i = 9, #entry[2], 2 do
    local name, value = entry[2][i], entry[2][i + 1]
    local is_kept = name ~= 'group' and not (edited and name == 'body')
    if is_kept then record[#record + 1], record[#record + 2] = name, value end
  end
  record[#record + 1], record[#record + 2] = 'group', group
  local added = redis.pcall('XADD', stream, '*', unpack(record))
  if added.err then return not is_closed() and added or nil end
  redis.call('XDEL', dead, entry[1])
  sent[#sent + 1] = entry[1]
  room = room - size_of(entry)
end
return sent
