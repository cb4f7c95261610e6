"""Profiles set side by side: pure functions from records to records and sentences."""
