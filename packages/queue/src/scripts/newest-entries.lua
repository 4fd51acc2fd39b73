-- Read the newest entries of a stream, as many as fit into an answer, but at least one.
--
-- last  the id from which to go back; '(' before it leaves it out
-- returns entries, the newest first
local found, room = {}, most_bytes
while #found < 100 do
  local entry = redis.call('XREVRANGE', stream, last, '-', 'COUNT', 1)[1]
  if not entry then break end
  room = room - size_of(entry)
  if room < 0 and found[1] then break end
  found[#found + 1] = entry
  last = '(' .. entry[1]
end
return found
