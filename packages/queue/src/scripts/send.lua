-- Send messages, some of which have a delay, an expiry, a priority or a key, in their order.
--
-- returns the numbers of those that were refused because of their keys, from 1 on

-- An error for a key that is no list: what is only delayed would be refused too late to be told.
redis.call('LLEN', list)
send_messages(given)
return refused
