"""What an import's past says of its next run, and what breaks with it."""
