-- The position of the slowest group: the oldest offset that some group has not acknowledged. If the slowest group has
-- acknowledged all that it has read, the last offset that it has read, and true. nil without groups.
local function first_unacknowledged()
  local floor, is_read
  for _, info in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local group = {}
    for i = 1, #info, 2 do group[info[i]] = info[i + 1] end
    local pending = redis.call('XPENDING', stream, group.name, '-', '+', 1)[1]
    local at = pending and pending[1] or group['last-delivered-id']
    if not floor or before(at, floor) then floor, is_read = at, not pending end
  end
  return floor, is_read
end
