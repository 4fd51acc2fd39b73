-- The rate of a queue, or of one of its keys: `max` starts in any window of `per`, kept by gcra.lua under a key of its
-- own.
--
-- Promise: in any window of `per`, half open and at any place, at most max + burst handlers start.
--
-- Redis grants a start when it gives the message away, and the handler starts later, by the time the answer needs. So a
-- consumer promises a `slack`: it starts a message at the latest so long after it has sent the lease call that got it,
-- and returns a message whose time is over. The grant was made after the call was sent, so each start comes after its
-- grant, and at most `slack` after it. The starts in a window of `per` then have grants in a window of per + slack.
-- There Redis has granted at most max + burst, if the time that one start takes is
--   T = (per + slack + catch_up) / max
-- instead of per / max. `catch_up` is how long the limit remembers time in which nothing was granted: without, each
-- grant would have to wait for T after the last one, and the delay of each timer and each call would be lost. In terms
-- of gcra.lua, A is at least t - catch_up when `count` are granted at t, which moves A on by count * T.
--
-- Proof. Let the grants at t1 <= ... <= tn with the counts c1 ... cn lie in a window of per + slack. After the first
-- one, A >= t1 - catch_up + c1 * T, and each further one moves it on by its count times T. The last one was due, so
--   tn >= t1 - catch_up + (c1 + ... + c(n-1)) * T + (cn - 1 - burst) * T,
-- hence (c1 + ... + cn - 1 - burst) * T < per + slack + catch_up = max * T, and c1 + ... + cn <= max + burst.
--
-- `slack` and `catch_up` are 2 % of `per` each, at least 5 ms. So the rate is 96 % of `max` where `per` is 250 ms or
-- more. A consumer whose answers take longer promises a longer slack. Then all grants allow for it (a longer T never
-- grants more) for as long as a start of its may be in a window with them: until per + slack after its last grant.

-- state  the key of its state
-- name   what its fields in the shape begin with
local function rate_read(slack_us, state, name)
  local max, per_ms, burst = unpack(
    redis.call('HMGET', shape, name .. '_max', name .. '_per_ms', name .. '_burst'))
  if not max then return nil end
  local per_us = per_ms * 1000
  local least_us = math.max(5000, per_us / 50)
  local limit = gcra_read(state, tonumber(max), tonumber(burst), per_us, -math.huge)

  local slack, kept_until = unpack(redis.call('HMGET', state, 'slack', 'slack_until'))
  local kept_us = kept_until and tonumber(kept_until) > limit.time and tonumber(slack) or 0
  limit.slack = math.max(least_us, slack_us, kept_us)
  -- The longer slack of another consumer is kept only for as long as that one is granted something.
  limit.keeps_slack = slack_us > least_us and slack_us >= kept_us
  limit.window = per_us + limit.slack + least_us
  limit.most_saved = least_us * limit.max
  limit.backlog = math.max(limit.backlog, -limit.most_saved)
  -- So that the key lasts as long as it matters.
  limit.least = -limit.window * limit.max
  return limit
end

-- How many may start now, and in how many ms one more may.
local function rate_due(limit)
  local due = math.max(0, math.floor(-limit.backlog / limit.window) + 1 + limit.burst)
  local wait_us = (limit.backlog + (due - limit.burst) * limit.window) / limit.max
  return due, math.max(1, math.ceil(wait_us / 1000))
end

-- Grant so many starts, of the messages that this consumer has leased under this receipt and the following ones.
local function rate_grant(limit, count, first)
  limit.backlog = limit.backlog + count * limit.window
  limit.places = limit.places + 1
  gcra_write(limit)
  redis.call('HSET', limit.key, 'to', consumer, 'first', first, 'count', count, 'window', limit.window)
  if limit.keeps_slack then
    local kept_until = limit.time + limit.per + limit.slack
    redis.call('HSET', limit.key, 'slack', limit.slack, 'slack_until', string.format('%.0f', kept_until))
  end
end

-- Take back so many starts of the last grant. Since then `perMs` may be another one: they are as many starts as before.
local function take_back(limit, count)
  local window, per = unpack(redis.call('HMGET', limit.key, 'window', 'per'))
  window = window / per * limit.per
  limit.backlog = math.max(limit.backlog - count * window, -limit.most_saved)
  gcra_write(limit)
  redis.call('HSET', limit.key, 'window', string.format('%.0f', window))
end

-- For how many of these receipts the last grant was.
local function last_granted(limit, receipts)
  local to, first, count = unpack(redis.call('HMGET', limit.key, 'to', 'first', 'count'))
  if to ~= consumer then return 0 end
  local found = 0
  for _, receipt in ipairs(receipts) do
    local place = receipt - first
    if place >= 0 and place < tonumber(count) then found = found + 1 end
  end
  return found
end

-- Take back what was not started of the last grant. Those before it lapse: the grants after them had their times
-- because of them.
local function rate_return(receipts)
  local limit = rate_read(0, rate, 'rate')
  if not limit then return end
  local unused = last_granted(limit, receipts)
  if unused == 0 then return end
  take_back(limit, unused)
  tell('gate')
end

-- The rate of one key.
local function key_rate_read(slack_us, key)
  return rate_read(slack_us, rate .. ':' .. key, 'key_rate')
end

-- Take back the start of a message that has not started, if it was the last grant of its key.
local function key_rate_return(key, receipt)
  local limit = key_rate_read(0, key)
  if limit and last_granted(limit, { receipt }) == 1 then take_back(limit, 1) end
end
