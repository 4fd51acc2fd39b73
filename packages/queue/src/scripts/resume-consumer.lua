-- End the pause of one consumer.
--
-- consumer  its name
-- returns 1, or 0 if it was not paused
shape_version()
return forget_pause_of(consumer) and 1 or 0
