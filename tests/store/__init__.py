"""Tests of cnnprof.store."""
