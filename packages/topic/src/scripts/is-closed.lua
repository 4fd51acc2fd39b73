-- returns 1 for a partition that gets no more records, else 0
return is_closed() and 1 or 0
