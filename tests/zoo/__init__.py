"""Tests of cnnprof.zoo."""
