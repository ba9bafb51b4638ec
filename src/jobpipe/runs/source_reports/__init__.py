"""What publishers are told of their own feed, in their language: what was refused, why, where, how to mend it."""
