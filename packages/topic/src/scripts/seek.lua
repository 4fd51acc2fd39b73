-- Set where a group reads on, and forget what waits for another attempt. What its consumers handle
-- now stays theirs.
--
-- offset  the group reads what comes after it; $ for the end
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
