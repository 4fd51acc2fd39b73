-- Move records to the dead letters of a group, with their fields.
--
-- rest  for each record: offset, reason, error, attempt, the number of the following values, its fields...;
--       without fields, they are copied from the stream
-- returns for each record 1, 0 if the consumer no longer holds it, or 2 if the call has to send its fields, because the
--         record was trimmed from the stream
local has_lease = redis.call('ZSCORE', consumers, consumer)
local reply, moved = {}, 0
local i = rest

write_before_growing('ZREM', suspects)
while i <= #ARGV do
  local offset, reason, message, attempt, size = unpack(ARGV, i, i + 4)
  local is_held = has_lease and held_record(offset)
  if is_held then
    local fields = {}
    for at = i + 5, i + 4 + size do fields[#fields + 1] = ARGV[at] end
    local entry = #fields == 0 and redis.call('XRANGE', stream, offset, offset)[1]
    if entry then fields = entry[2] end
    if #fields > 0 then
      redis.call('XADD', dead, '*', 'reason', reason, 'error', message, 'offset', offset,
        'attempt', attempt, unpack(kept_fields(fields)))
      redis.call('XACK', stream, group, offset)
      redis.call('ZREM', suspects, offset)
      moved = moved + 1
    end
    reply[#reply + 1] = #fields > 0 and 1 or 2
  else
    reply[#reply + 1] = 0
  end
  i = i + 5 + size
end

if moved > 0 then redis.call('HINCRBY', stats, 'dead', moved) end
return reply
