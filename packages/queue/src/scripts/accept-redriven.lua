-- Put dead letters of another queue behind the returned messages, each once: the caller deletes them from the other queue
-- only after that, and may die in between, so it may send them again.
--
-- source  the list of the other queue, or of one of its partitions
-- window_ms  an entry is known for at least so long, and at most twice as long
-- rest    for each: its entry in the other queue, and the element
-- returns how many were new
local window = math.floor(now() / window_ms)
local known = redriven_prefix .. window .. ':' .. source
local known_before = redriven_prefix .. (window - 1) .. ':' .. source
local accepted = 0

for i = rest, #ARGV, 2 do
  local entry, element = ARGV[i], ARGV[i + 1]
  local is_known = redis.call('SISMEMBER', known, entry) + redis.call('SISMEMBER', known_before, entry) > 0
  if not is_known then
    put_redriven(element, entry)
    redis.call('SADD', known, entry)
    accepted = accepted + 1
  end
end
if accepted > 0 then redis.call('PEXPIRE', known, 2 * window_ms) end
tell_returned()
return accepted
