"""Tests of cnnprof.render."""
