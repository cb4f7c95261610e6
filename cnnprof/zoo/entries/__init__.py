"""The catalogue's data, one module a family, each with ``ENTRIES``; none of them imports torch.

Where a family has several networks, ``entry`` holds what they share, and each names the rest and what differs.
"""
