-- Set the position of a group, and acknowledge the records that wait for another attempt. Records that its consumers hold
-- now stay with them.
--
-- offset  the group reads the records after it; $ for the end
local made = redis.pcall('XGROUP', 'CREATE', stream, group, offset, 'MKSTREAM')
if made.err then
  if not made.err:find('BUSYGROUP', 1, true) then return made end
  redis.call('XGROUP', 'SETID', stream, group, offset)
  repeat
    local pending = redis.call('XPENDING', stream, group, '-', '+', 1000, waiting)
    for _, record in ipairs(pending) do redis.call('XACK', stream, group, record[1]) end
  until #pending == 0
end
redis.call('DEL', delayed, suspects)
redis.call('PUBLISH', signal, 'sought')
return 1
