-- Return records that were taken but not started: they do not count as attempts.
--
-- all_but  1 to return all that the consumer holds but for what is given, 0 to return what is given
-- rest     offsets
-- returns the offsets of those that were returned
local returned = {}
if not redis.call('ZSCORE', consumers, consumer) then return returned end

local time = now()
local keep, chosen = {}, {}
if all_but == '1' then
  for i = rest, #ARGV do keep[ARGV[i]] = true end
  chosen = redis.call('XPENDING', stream, group, '-', '+', most_held, consumer)
else
  for i = rest, #ARGV do chosen[#chosen + 1] = held_record(ARGV[i]) end
end

for _, pending in ipairs(chosen) do
  if not keep[pending[1]] then
    return_record(pending, time)
    returned[#returned + 1] = pending[1]
  end
end
if #returned > 0 then redis.call('PUBLISH', signal, 'waiting') end
return returned
