-- Lets as many through as may start now: see rate.lua. It is the last gate, because only what all others have let
-- through may be granted.
local rate_limit, first_granted
gates[#gates + 1] = {
  allowed = function(count)
    rate_limit = rate_read(tonumber(slack_us), rate, 'rate')
    if not rate_limit then return count end
    first_granted = first
    local due, ask_again_ms = rate_due(rate_limit)
    return math.min(count, due), ask_again_ms, due
  end,
  took = function(count)
    if rate_limit and count > 0 then rate_grant(rate_limit, count, first_granted) end
  end,
}
