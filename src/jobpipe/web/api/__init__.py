"""The REST API under /api/v1/: the same rights as the pages, for programs with a token."""
