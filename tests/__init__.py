"""Mirrors the package; factory.py makes records by hand."""
