"""Records that were sent to job-pipe: kept until a run has read them, each batch with a receipt."""
