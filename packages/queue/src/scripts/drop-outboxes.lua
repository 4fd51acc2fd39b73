-- Delete the empty outboxes of a queue that was destroyed.
for _, target in ipairs(redis.call('HKEYS', outboxes)) do
  if redis.call('XLEN', outbox_prefix .. target) == 0 then
    redis.call('UNLINK', outbox_prefix .. target)
    redis.call('HDEL', outboxes, target)
  end
end
return 1
