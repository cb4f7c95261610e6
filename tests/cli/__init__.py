"""Tests of cnnprof.cli."""
