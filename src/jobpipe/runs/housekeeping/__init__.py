"""Keeping house: what is not needed any more goes, what does not agree is put right, what there is is saved."""
