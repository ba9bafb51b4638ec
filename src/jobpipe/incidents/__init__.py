"""Errors in front of the person who can act on them: each is an occurrence of an incident, which has one owner."""
