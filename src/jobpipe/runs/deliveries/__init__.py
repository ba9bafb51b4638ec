"""Postings on their way to destinations: what has changed, what each destination has of it, and what is sent.

A destination follows the feed of changes (`change_lists`): of each posting that a list names, what it is *now* is
compared with what the destination has (`comparing`), so that what is sent is the net difference however long it was
away.  A batch's membership and bytes are in the ledger before it is sent (`planning`, `outgoing`); an answer is in the
store of what is delivered before the batch is done (`settling`).  So a kill between any two steps repeats a step, and
what is repeated carries the keys that it carried before.
"""
