"""The catalogue's data, one module a family, each with ``ENTRIES``; none of them imports torch."""
