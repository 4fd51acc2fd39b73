-- Give back messages that were leased but not started, to where the next consumer finds them.
--
-- KEYS  list, active, batches, suspects
-- ARGV  'RPUSH' or 'LPUSH' (the end that is consumed), channel, receipts, newest first...
-- returns how many were given back
local list, active, batches, suspects = unpack(KEYS)
local push, signal = unpack(ARGV)
local released, with_suspect = 0, false
write_nothing('HDEL', active)
open_batches(batches, active)

for i = 3, #ARGV do
  local element = redis.call('HGET', active, ARGV[i])
  if element then
    local suspect = give_back(element, list, suspects, push)
    redis.call('HDEL', active, ARGV[i])
    with_suspect = with_suspect or suspect
    released = released + 1
  end
end

if with_suspect then redis.call('PUBLISH', signal, 'suspects') end
return released
