-- What is sent with an acknowledgement: a stream for each queue that it goes to. `outboxes` says which queues these are, and
-- has a text for each that tells this stream from one before it of the same name: ids of a new stream may be lower. What is
-- told of flows goes the same way: see member.lua and flow.lua.

-- kind   'flow:members', 'flow:ended', 'flow:moved', 'flow:open', 'flow:cancel' or, for a message, '0' or '@' and the time when it is
--        due; '@0' for one that another partition has sent on
-- about  the id of a flow; of members, when they were posted, a colon, and their flow as headers name it; or the time to live
--        of a message, in ms or 0
local function post_entry(target, kind, about, payload)
  redis.call('HSETNX', outboxes, target, string.format('%.0f', now()))
  redis.call('XADD', outbox_prefix .. target, '*', 'delay', kind, 'ttl', about, 'element', payload)
end

-- The same delay, counted from a time, as the time when it is over.
local function due_text(delay, from)
  if delay == '0' or delay:sub(1, 1) == '@' then return delay end
  return string.format('@%.0f', from + delay)
end

-- Send a message to a queue: its delay is '@' and the time when it is due, or in ms.
local function post(target, delay, ttl_ms, element)
  post_entry(target, due_text(delay, now()), ttl_ms, element)
end
