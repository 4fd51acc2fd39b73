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

-- An entry may be large: each step is three times as long as the one before, and none follows a large one.
local reply, bytes, from, step = {}, 0, '-', 4
local left = tonumber(count)
while left > 0 do
  step = math.min(step, left)
  local entries = redis.call('XRANGE', outbox, from, '+', 'COUNT', step)
  for _, entry in ipairs(entries) do
    local id, fields = entry[1], entry[2]
    local element = fields[6]
    bytes = bytes + #element
    if reply[1] and bytes > most_bytes then return { incarnation, reply } end
    local at = #reply
    reply[at + 1], reply[at + 2], reply[at + 3], reply[at + 4] = id, fields[2], fields[4], element
  end
  if #entries < step or 4 * bytes > most_bytes then break end
  left, from, step = left - step, '(' .. entries[#entries][1], 3 * step
end
return { incarnation, reply }
