"""Telling people of incidents: only what is new or back speaks, like things together, each message once.

    changes of incidents ──collecting──▶ notices that wait ──composing──▶ outbox ──sending──▶ channels

Each step reads what the one before has stored, so that a kill anywhere is made good by the next pass.
"""
