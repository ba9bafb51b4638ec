"""Formats that are known by name: one file each, and those that the connectors read."""
