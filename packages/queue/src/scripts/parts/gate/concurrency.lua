-- Lets so many through that at most `concurrency` messages are active, over all consumers. What this consumer holds
-- is counted, what the others hold is read.
gates[#gates + 1] = {
  allowed = function(count)
    local most = most_active()
    if not most then return count end
    local room = math.max(0, most - held_by_others() - really_held())
    return math.min(count, room), -1, room
  end,
  took = note_holder,
}
