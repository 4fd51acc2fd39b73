-- The generic cell rate algorithm (GCRA): at most max + burst starts in any window of per_us microseconds, half open
-- and at any place.
--
-- T = per_us / max is the time that one start takes from the limit. The theoretical arrival time A is when all that
-- was granted is used up: a grant of `count` at the time t sets A to max(t, A) + count * T. It is due at
--   t >= A + (count - 1) * T - burst * T
-- where A may be past: so time in which nothing was granted is saved, for a grant of more than burst + 1 at once.
--
-- Proof. Let the grants at t1 <= ... <= tn with the counts c1 ... cn lie in one window, so tn - t1 < per_us. Each
-- grant moves A on by at least its count times T, and the first one to at least t1 + c1 * T. So before the last one
-- A >= t1 + (c1 + ... + c(n-1)) * T, and since this one was due, tn >= t1 + (c1 + ... + cn - 1 - burst) * T. Hence
-- (c1 + ... + cn - 1 - burst) * T < per_us = max * T, and as these are whole numbers, c1 + ... + cn <= max + burst.
-- The full rate is reached: single grants on demand are T apart, which is max per window.
--
-- What is stored is the backlog, (A - now) * max: a start adds per_us to it, and a microsecond takes max off. So
-- everything is a whole number whatever max is (exact up to 2^53, rounded to a 10^16th beyond that), and a clock that
-- is set back takes nothing off instead of leaving A far ahead. Less than (1 - max) * per_us makes no difference, as
-- even max + burst are due then: that is the backlog where there is no key, and when the key expires.

local function now_us()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- The state of a limit now. `places` counts the grants, from a number that no state before had. `least` is the smallest
-- backlog, if that is another one.
local function gcra_read(key, max, burst, per_us, least)
  local time = now_us()
  least = least or (1 - max) * per_us
  local limit = { key = key, max = max, burst = burst, per = per_us, time = time, least = least }
  local at, backlog, per, places = unpack(redis.call('HMGET', key, 'at', 'backlog', 'per', 'places'))
  limit.places = tonumber(places or time)
  limit.backlog = least
  if at then
    -- Another program may have given another perMs: what was granted counts as so many starts as before.
    if tonumber(per) ~= per_us then backlog = math.ceil(backlog / per * per_us) end
    limit.backlog = math.max(least, backlog - math.max(0, time - at) * max)
  end
  return limit
end

-- In how many microseconds so many may start, after all that was granted.
local function gcra_wait(limit, count)
  return math.max(0, math.ceil((limit.backlog + (count - 1 - limit.burst) * limit.per) / limit.max))
end

-- Grant so many for then. Returns how much this adds to the backlog.
local function gcra_grant(limit, count)
  local before = limit.backlog
  local then_at_least = gcra_wait(limit, count) * limit.max
  limit.backlog = math.max(before, then_at_least) + count * limit.per
  limit.places = limit.places + 1
  return limit.backlog - before
end

-- Take the last grant back. Nothing happens if it is not the last one any more: those after it were granted their
-- times because of it.
local function gcra_return(limit, place, added)
  if limit.places ~= place then return end
  limit.backlog = math.max(limit.least, limit.backlog - added)
  limit.places = place - 1
end

local function gcra_write(limit)
  local text = function(number) return string.format('%.0f', number) end
  redis.call('HSET', limit.key, 'at', text(limit.time), 'backlog', text(limit.backlog),
    'per', text(limit.per), 'places', text(limit.places))
  local idle_us = (limit.backlog - limit.least) / limit.max
  redis.call('PEXPIRE', limit.key, text(math.ceil(idle_us / 1000) + 1))
end
