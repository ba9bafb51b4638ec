"""From the columns that fields were given to the rules by which a definition makes them."""
