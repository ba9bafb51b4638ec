"""What the columns of records are: evidence of names, values, places and statistics, brought to a confidence."""
