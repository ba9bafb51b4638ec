"""Near-duplicates among the imports of one client: found after each run, marked, hidden where one is kept."""
