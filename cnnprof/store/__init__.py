"""Saved runs: profiles as documents, documents as files, and back."""
