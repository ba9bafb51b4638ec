"""`jobpipe repair`: where what is stored of a source's past, and what it gives now, come from."""
