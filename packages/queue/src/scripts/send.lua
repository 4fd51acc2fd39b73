-- Send messages with a delay or an expiry, in order among the others of their batch.
--
-- returns the numbers of those that were refused because of their keys, from 1 on

-- An error for a key that is no list: what is only delayed would be refused too late to be told.
redis.call('LLEN', list)
send_messages(given)
return refused
