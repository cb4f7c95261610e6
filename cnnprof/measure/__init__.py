"""Honest timing: sessions and a clock in, a Measurement out. Imports neither torch nor any runtime."""
