"""Taxonomies from files: a reader a format, columns found or named, one way to build."""
