-- Reserve places in time for acquisitions of a rate limiter, in their order.
--
-- max, burst, per_us  the limit
-- ahead_us  how far ahead to reserve places; the first one may be at any time
-- returned  how many places to return
-- rest      for each returned place, the last one first: its number, and what it added; then for each acquisition:
--           its count, and how many microseconds it may have to wait
-- returns { the number of places before, then for each acquisition: in how many microseconds it may start, and what
--   this added, or 0 if that is more than it may wait and no place is reserved, ... }. The answer ends before the
--   first acquisition whose place would be too far ahead.
local limit = gcra_read(limiter, tonumber(max), tonumber(burst), tonumber(per_us))
local asked = rest + 2 * returned

for i = rest, asked - 1, 2 do gcra_return(limit, tonumber(ARGV[i]), tonumber(ARGV[i + 1])) end

local answer = { limit.places }
local has_granted = false
for i = asked, #ARGV, 2 do
  local count, patience_us = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  local wait_us, added = gcra_wait(limit, count), 0
  if wait_us <= patience_us then
    if has_granted and wait_us > tonumber(ahead_us) then break end
    added = gcra_grant(limit, count)
    has_granted = true
  end
  answer[#answer + 1] = wait_us
  answer[#answer + 1] = added
end

if has_granted or asked > rest then gcra_write(limit) end
return answer
