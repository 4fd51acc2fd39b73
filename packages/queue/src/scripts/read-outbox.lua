-- Delete what a queue has received from the outbox, and read what comes next.
--
-- received  the id of the last entry that it has received, or ''
-- count     how many entries at most
-- returns { what tells this outbox from one before it, { id, delay, ttl, element, ... } }
local incarnation = redis.call('HGET', outboxes, target)
if not incarnation then return { '', {} } end
local outbox = outbox_prefix .. target
if received ~= '' then
  local ms, number = received:match('^(%d+)-(%d+)$')
  redis.call('XTRIM', outbox, 'MINID', ms .. '-' .. string.format('%.0f', number + 1))
end

local reply = {}
for _, entry in ipairs((read_entries(outbox, '-', '+', tonumber(count)))) do
  local id, fields, at = entry[1], entry[2], #reply
  reply[at + 1], reply[at + 2], reply[at + 3], reply[at + 4] = id, fields[2], fields[4], fields[6]
end
return { incarnation, reply }
