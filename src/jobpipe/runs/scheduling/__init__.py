"""When imports run by themselves, and whether they came when they should."""
