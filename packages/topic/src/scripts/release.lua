-- Give back records that were taken but not started: they do not count as attempts.
--
-- KEYS  stream, consumers, delayed, suspects
-- ARGV  group, consumer, channel, offsets to give back...; or else, without any, all that it holds
--       and does not name: '!', offsets to keep...
-- returns the offsets of those that were given back
local stream, consumers, delayed, suspects = unpack(KEYS)
local group, consumer, signal = unpack(ARGV, 1, 3)
local released = {}
if not redis.call('ZSCORE', consumers, consumer) then return released end

local time = now()
local keep, chosen = {}, {}
if ARGV[4] == '!' then
  for i = 5, #ARGV do keep[ARGV[i]] = true end
  chosen = redis.call('XPENDING', stream, group, '-', '+', most_held, consumer)
else
  for i = 4, #ARGV do chosen[#chosen + 1] = held_by(stream, group, ARGV[i], consumer) end
end

for _, pending in ipairs(chosen) do
  if not keep[pending[1]] then
    give_back(pending, stream, group, delayed, suspects, time)
    released[#released + 1] = pending[1]
  end
end
if #released > 0 then redis.call('PUBLISH', signal, 'waiting') end
return released
