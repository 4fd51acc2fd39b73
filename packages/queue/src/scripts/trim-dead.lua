-- Delete dead letters that are above the bounds of the queue.
--
-- returns 1 if there may be more of them, else 0
return trim_dead_letters(0) and 1 or 0
