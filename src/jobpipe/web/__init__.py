"""The interface: server-rendered pages on Django, made livelier by htmx, and the REST API.

It shows what the rooms below know and calls what they offer; it decides nothing itself.  Every address is a `Route`
(`routes`) that says which right it needs and which object it is about: `rights` answers both questions in one place.
"""
