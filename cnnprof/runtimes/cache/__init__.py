"""Converted models kept between runs: what they are known by, where they lie, and how they are sealed."""
