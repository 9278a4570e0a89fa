"""Numbered migrations: `versions/0001_….py`, one head, up and down."""
