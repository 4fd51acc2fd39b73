-- Return records that were taken but not handled, without counting an attempt.
--
-- all_but  1 to return all records that the consumer holds except the given ones, 0 to return the given ones
-- rest     offsets
-- returns the offsets of the returned records
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
