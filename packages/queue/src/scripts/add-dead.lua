-- Add messages that were given up elsewhere to the dead letters, in their order, and delete dead letters above the bounds.
--
-- rest     for each its reason, error and stack, and the element as a producer writes it
-- returns the entry of each
redis.call('XLEN', dead)
redis.call('HLEN', stats)
local entries = {}
for i = rest, #ARGV, 4 do
  local reason, message, stack, element = unpack(ARGV, i, i + 3)
  entries[#entries + 1] = add_dead_letter(reason, message, element, 'stack', stack)
end
trim_dead_letters(#entries)
return entries
