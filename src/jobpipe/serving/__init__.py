"""`jobpipe serve`: scheduler, runs and health addresses of one machine in one command."""
