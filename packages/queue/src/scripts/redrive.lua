-- Move dead letters to the returned messages, oldest first. They are moved one by one, and a call moves a limited number
-- of bytes, because no other call is executed meanwhile.
--
-- limit  how many at most
-- rest   ranges of dead letters: the first and the last id, and an element to send instead of the one that is there, or ''
-- returns { entry id, ... } of the moved dead letters; none when none are left
local moved, room = {}, most_bytes
limit = tonumber(limit)

for i = rest, #ARGV, 3 do
  local first, last, edited = unpack(ARGV, i, i + 2)
  while #moved < limit and room > 0 do
    local entry = redis.call('XRANGE', dead, first, last, 'COUNT', 1)[1]
    if not entry then break end
    local id, fields = entry[1], entry[2]
    for n = 1, #fields, 2 do
      if fields[n] == 'element' then
        room = room - put_redriven(edited ~= '' and edited or fields[n + 1], id)
      end
    end
    redis.call('XDEL', dead, id)
    moved[#moved + 1] = id
  end
end
tell_returned()
return moved
