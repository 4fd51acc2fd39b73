-- Move dead letters to the returned messages, oldest first, with no attempts counted. One that is sent once counts again,
-- unless another one with its key does. They are moved one by one, and a call moves a limited number of bytes, because no
-- other call is executed meanwhile.
--
-- first, last  ids of entries of the dead letters
-- limit        how many at most
-- returns { entry id, ... } of the moved dead letters; none when none are left
local moved, room = {}, most_bytes

for _ = 1, limit do
  local entry = redis.call('XRANGE', dead, first, last, 'COUNT', 1)[1]
  if not entry or room <= 0 then break end
  local id, fields = entry[1], entry[2]
  for i = 1, #fields, 2 do
    if fields[i] == 'element' then
      local _, _, text = read_envelope(fields[i + 1], id)
      local element = write_envelope(0, false, text)
      local key, id = once_of(element)
      if key then begin_once(key, id) end
      put_last(element)
      room = room - #text
    end
  end
  redis.call('XDEL', dead, id)
  moved[#moved + 1] = id
end
tell_returned()
return moved
