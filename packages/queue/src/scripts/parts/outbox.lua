-- What is sent with an acknowledgement: a stream for each queue that it goes to. `outboxes` says which queues these are, and
-- has a text for each that tells this stream from one before it of the same name: ids of a new stream may be lower.

-- Send a message to a queue: its delay is '@' and the time when it is due, or in ms.
local function post(target, delay, ttl_ms, element)
  local time = now()
  redis.call('HSETNX', outboxes, target, string.format('%.0f', time))
  if delay ~= '0' and delay:sub(1, 1) ~= '@' then delay = string.format('@%.0f', time + delay) end
  redis.call('XADD', outbox_prefix .. target, '*', 'delay', delay, 'ttl', ttl_ms, 'element', element)
end
