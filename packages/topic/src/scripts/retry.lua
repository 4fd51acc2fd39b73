-- Return records for another attempt.
--
-- rest  for each record: offset, attempt, the delay in ms
-- returns for each record 1, or 0 if the consumer no longer holds it, or holds a later attempt, so that a repeated call
--         does not take the record from the handler that has it again
local time, moved = now(), 0
local reply = {}
local has_lease = redis.call('ZSCORE', consumers, consumer)

for i = rest, #ARGV, 3 do
  local offset, attempt, delay_ms = unpack(ARGV, i, i + 2)
  local pending = has_lease and held_record(offset)
  local is_held = pending and pending[4] <= tonumber(attempt)
  if is_held then
    redis.call('XCLAIM', stream, group, waiting, 0, offset, 'JUSTID')
    redis.call('ZREM', suspects, offset)
    redis.call('ZADD', delayed, time + delay_ms, sortable(offset))
    moved = moved + 1
  end
  reply[#reply + 1] = is_held and 1 or 0
end

if moved > 0 then
  redis.call('HINCRBY', stats, 'retried', moved)
  redis.call('PUBLISH', signal, 'waiting')
end
return reply
