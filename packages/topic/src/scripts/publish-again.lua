-- Append a record that was a dead letter in a partition that gets no more records. When that was done before, and its dead letter was not
-- deleted then, nothing is appended.
--
-- marker     an id that no other record has
-- window_ms  how long the marker is remembered
-- rest       the fields of the record
-- returns 1, or nil when this partition gets no more records, either
if redis.call('HEXISTS', ids, marker) == 1 or redis.call('HEXISTS', former_ids, marker) == 1 then
  return 1
end
local added = redis.pcall('XADD', stream, '*', unpack(ARGV, rest))
if added.err then return not is_closed() and added or nil end
redis.call('HSET', ids, marker, added)
if redis.call('PTTL', ids) < 0 then redis.call('PEXPIRE', ids, window_ms * 2) end
return 1
