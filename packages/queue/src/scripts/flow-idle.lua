-- End flows that nobody has closed, whose members have all ended, and to which nobody has sent one for long.
--
-- most  how many to look at, at most
local time = now()
for _, id in ipairs(redis.call('ZRANGEBYSCORE', flows, '-inf', time, 'LIMIT', 0, most)) do
  local key = flow_prefix .. id
  if not is_running(key) then
    redis.call('ZREM', flows, id)
  elseif pending_of(key) > 0 then
    note_used(id, key)
  else
    end_flow(id, key, 'idle')
  end
end
tell_due()
tell_arrived()
return 1
