-- Give back messages that were leased and are not done, to where the next consumer finds them. That
-- does not count as an attempt.
--
-- KEYS  list, active, batches, suspects
-- ARGV  'RPUSH' or 'LPUSH' (the end that is consumed), channel, consumer if handlers have had them or '', receipts, newest
--       first...
-- returns how many were given back
local list, active, batches, suspects = unpack(KEYS)
local push, signal, handled_by = unpack(ARGV)
local released, with_suspect = 0, false
write_nothing('HDEL', active)
open_batches(batches, active)

for i = 4, #ARGV do
  local element = redis.call('HGET', active, ARGV[i])
  if element then
    if handled_by ~= '' then element = keep_id(element, handled_by .. '-' .. ARGV[i]) end
    local suspect = give_back(element, list, suspects, push)
    redis.call('HDEL', active, ARGV[i])
    with_suspect = with_suspect or suspect
    released = released + 1
  end
end

if with_suspect then redis.call('PUBLISH', signal, 'suspects') end
return released
