"""What publishers are told of their own feed, in plain words and in their language: refused, why, where, how to mend."""
