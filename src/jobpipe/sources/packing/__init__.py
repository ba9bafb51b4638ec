"""Packed inputs: how each kind is told, read and bounded."""
