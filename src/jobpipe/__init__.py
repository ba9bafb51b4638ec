"""job-pipe: job offers from where companies publish them, to where they are read."""
