-- Send messages that wait in the list, in their order. Some of them are sent once, until they are taken or done: these
-- are not sent if an earlier one is in their place. This script is sent as text with each call, so it is short; and it
-- makes the same few calls for any number of messages.
--
-- given    how many messages
-- rest     the elements; then for each the key that is sent once, or ''; then for each its id as it stands in the header
-- returns { number, id, ... }: of each that was not sent its number, from 1 on, and the id of the earlier one
local before_keys, before_ids = rest + given - 1, rest + 2 * given - 1

-- All keys are read before anything is changed: an error for a key of another type means that nothing was sent.
redis.call('LLEN', list)
local earlier = earlier_once({ unpack(ARGV, rest + given, rest + 2 * given - 1) })

local sent, counting, duplicates = {}, {}, {}
for n = 1, given do
  local key = ARGV[before_keys + n]
  local id = earlier[key]
  if id then
    duplicates[#duplicates + 1], duplicates[#duplicates + 2] = n, id
  else
    sent[#sent + 1] = ARGV[rest + n - 1]
    if key ~= '' then
      local own = ARGV[before_ids + n]
      earlier[key] = own
      counting[#counting + 1], counting[#counting + 2] = key, own
    end
  end
end

if counting[1] then
  declare('once')
  redis.call('HSET', once, unpack(counting))
end
if sent[1] then redis.call('LPUSH', list, unpack(sent)) end
return duplicates
