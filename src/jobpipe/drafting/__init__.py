"""From a real answer of a source to the definition of its import, as a person would write it, with reasons."""
