-- Flows that continue in this queue. A flow is a set of messages in any queues, its members, and one message for this queue,
-- its continuation, which is sent when all members have ended. The hash `flow_prefix .. id` has
--
--   name                           as the headers of its members name it: see member.lua
--   then, delay, ttl               the continuation, until the flow is over
--   on_dead                        'continue', or 'cancel-rest': the first dead member cancels the flow
--   keep_ms, idle_ms               for how long it is kept when it is over; how long it stays open with nobody there
--   of                             the flow that its continuation is a member of, if it is one
--   opened                         when it was opened, in ms since 1970
--   sent                           how many members there are
--   done, dead, expired, cancelled how many of them have ended so
--   at:<queue>                     how many of them are in this queue or on their way to it
--   closed                         1 when it was closed
--   over                           when it is over, how: see below
--
-- The states of a flow:
--   open    It may have no member, and waits for more. `flows` says when it is found idle: no member is left then, and nobody
--           has sent one or closed it for `idle_ms`.
--   closed  Entered by `flow-close`, while members have not ended. These may send more of them.
--   over    The continuation was sent, in the same step. Nothing changes any more, and the hash expires. `over` says why:
--           'closed': it was closed, and the last member had ended, or there was none;
--           'cancelled': by `flow-cancel`, by a dead member, or with the flow around it. All that had not ended by then counts
--           as cancelled, at once; the queues learn that by an entry behind all members, and start them no more;
--           'idle': it was found idle.
--
-- Members are counted and posted in one step, and an ending is received once, so there is exactly one continuation.
-- `flow_queues` says how many members of all flows of this queue have not ended in each queue: from these, what has ended is
-- fetched also where they have no consumer.
local outcomes = { 'done', 'dead', 'expired', 'cancelled' }

local function is_running(key)
  return redis.call('HEXISTS', key, 'then') == 1
end

-- How many members have not ended.
local function pending_of(key)
  local counts = redis.call('HMGET', key, 'sent', unpack(outcomes))
  local pending = tonumber(counts[1] or 0)
  for n = 2, 5 do pending = pending - (counts[n] or 0) end
  return pending
end

-- So many more members are in this queue, or less.
local function add_members(key, queue, count)
  if redis.call('HINCRBY', key, 'at:' .. queue, count) <= 0 then redis.call('HDEL', key, 'at:' .. queue) end
  if redis.call('HINCRBY', flow_queues, queue, count) <= 0 then redis.call('HDEL', flow_queues, queue) end
end

-- The continuation says in its header how the flow has ended, behind all else.
local function with_outcomes(element, id, key, how)
  local counts = redis.call('HMGET', key, unpack(outcomes))
  local said = { '"flow":' .. cjson.encode(id), '"how":"' .. how .. '"' }
  for n, outcome in ipairs(outcomes) do
    said[n + 2] = '"' .. outcome .. '":' .. string.format('%.0f', tonumber(counts[n] or 0))
  end
  local header_end = element:find('\n', 1, true)
  return element:sub(1, header_end - 2) .. ',"ended":{' .. table.concat(said, ',') .. '}}' .. element:sub(header_end)
end

-- Nothing waits of a nested flow any more in the list of those of the flow around it.
local function leave_outer(id, outer)
  redis.call('SREM', nested_prefix .. outer, id)
end

-- The flow is over.
local function end_flow(id, key, how)
  local element, delay_text, ttl, keep_ms, outer = unpack(redis.call('HMGET', key, 'then', 'delay', 'ttl', 'keep_ms', 'of'))
  if not sent_at then begin_sending() end
  -- It is not refused, however many of its key wait.
  key_rules().longest = nil
  send_element(delay_text, tonumber(ttl), with_outcomes(element, id, key, how), 0)
  if outer then
    redis.call('HINCRBY', members, outer, 1)
    leave_outer(id, outer)
  end
  redis.call('HSET', key, 'over', how)
  redis.call('HDEL', key, 'then')
  redis.call('PEXPIRE', key, keep_ms)
  redis.call('PEXPIRE', flow_results_prefix .. id, keep_ms)
  redis.call('ZREM', flows, id)
end

-- Members come to this queue.
--
-- name    their flow, as their headers name it
-- posted  when they were posted, in ms since 1970
-- packed  a MessagePack array: for each its delay (see `post`), or '' if it waits in the list itself; its time to live, in ms or
--         0; and the element
local function send_members(name, posted, packed)
  local fields, in_list = cmsgpack.unpack(packed), {}
  local function send_in_list()
    if in_list[1] then redis.call('LPUSH', list, unpack(in_list)) end
    in_list = {}
  end
  for i = 1, #fields, 3 do
    local delay_text, ttl_ms, element = fields[i], fields[i + 1], fields[i + 2]
    if delay_text == '' then
      in_list[#in_list + 1] = element
      if #in_list == 1000 then send_in_list() end
    else
      send_in_list()
      send_element(due_text(delay_text, posted), tonumber(ttl_ms), element, 0)
    end
  end
  send_in_list()
  redis.call('HINCRBY', members, name, #fields / 3)
end

local cancel_nested

-- All members that have not ended count as cancelled.
local function cancel_rest(key)
  local fields, rest_count = redis.call('HGETALL', key), 0
  local name = redis.call('HGET', key, 'name')
  for i = 1, #fields, 2 do
    local queue = fields[i]:match('^at:(.*)$')
    if queue then
      local count = tonumber(fields[i + 1])
      add_members(key, queue, -count)
      rest_count = rest_count + count
      post_entry(queue, 'flow:cancel', '', name)
    end
  end
  redis.call('HINCRBY', key, 'cancelled', rest_count)
end

local function cancel_flow(id, key)
  cancel_rest(key)
  end_flow(id, key, 'cancelled')
end

-- The flow around these was cancelled, and with it their continuations.
cancel_nested = function(outer)
  for _, id in ipairs(redis.call('SMEMBERS', nested_prefix .. outer)) do
    local key = flow_prefix .. id
    if is_running(key) then
      cancel_rest(key)
      redis.call('HSET', key, 'over', 'cancelled')
      redis.call('PEXPIRE', key, redis.call('HGET', key, 'keep_ms'))
      redis.call('PEXPIRE', flow_results_prefix .. id, redis.call('HGET', key, 'keep_ms'))
      redis.call('HDEL', key, 'then')
      redis.call('ZREM', flows, id)
    end
  end
  redis.call('DEL', nested_prefix .. outer)
end

local function end_if_through(id, key)
  if redis.call('HEXISTS', key, 'closed') == 1 and pending_of(key) <= 0 then end_flow(id, key, 'closed') end
end

-- Somebody was there: it is idle so long after that at the earliest.
local function note_used(id, key)
  local time = now() + redis.call('HGET', key, 'idle_ms')
  redis.call('ZADD', flows, redis.call('HEXISTS', key, 'closed') == 1 and 'inf' or time, id)
end

-- A flow begins, with these fields. Returns false where there is one with this id already.
local function open_flow(id, fields)
  local key = flow_prefix .. id
  if redis.call('EXISTS', key) == 1 then return false end
  local opened = string.format('%.0f', now())
  redis.call('HSET', key, 'opened', opened, unpack(fields))
  note_used(id, key)
  -- With outboxes, the consumers of this queue look after its flows at each heartbeat.
  redis.call('HSETNX', outboxes, list, opened)
  local outer = redis.call('HGET', key, 'of')
  if outer then redis.call('SADD', nested_prefix .. outer, id) end
  return true
end

-- A member has gone from one list to another: `payload` is what `post_moved` has written.
local function note_moved(id, payload)
  local key = flow_prefix .. id
  local from, to = unpack(cmsgpack.unpack(payload))
  if is_running(key) then
    add_members(key, to, 1)
    add_members(key, from, -1)
  elseif redis.call('HGET', key, 'over') == 'cancelled' then
    post_entry(to, 'flow:cancel', '', redis.call('HGET', key, 'name'))
  end
end

-- Members have ended in a queue. `payload` is what `post_ending` has written.
local function count_ended(id, payload)
  local key = flow_prefix .. id
  if not is_running(key) then return end
  local queue, counts, results = unpack(cmsgpack.unpack(payload))
  local sum = 0
  for n, outcome in ipairs(outcomes) do
    if counts[n] > 0 then redis.call('HINCRBY', key, outcome, counts[n]) end
    sum = sum + counts[n]
  end
  add_members(key, queue, -sum)
  for _, result in ipairs(results) do redis.call('RPUSH', flow_results_prefix .. id, result) end
  if counts[2] > 0 and redis.call('HGET', key, 'on_dead') == 'cancel-rest' and pending_of(key) > 0 then
    return cancel_flow(id, key)
  end
  note_used(id, key)
  end_if_through(id, key)
end
