"""Times, amounts, sums, ids and titles, as every section words them."""
