"""What to change in a definition when its source has changed its shape: pure, from old records and new ones."""
