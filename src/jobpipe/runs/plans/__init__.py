"""Plans: what a change would do to the stored postings, computed as a run computes it, before it is applied."""
