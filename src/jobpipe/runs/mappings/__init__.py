"""What labels mean to an import: decisions in layers, their history, and making again what a decision touches."""
