-- Make the stream of a new partition with the groups of the topic, which begin with its first record. So retention keeps
-- what they have not acknowledged. May be done again.
--
-- rest  the names of the groups
make_stream()
for i = rest, #ARGV do
  local made = redis.pcall('XGROUP', 'CREATE', stream, ARGV[i], 0)
  if made.err and not made.err:find('BUSYGROUP', 1, true) then return made end
end
return 1
