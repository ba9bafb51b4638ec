"""What an import's past says of its next run: the figures that runs leave, and the breaks that they show."""
