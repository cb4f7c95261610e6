"""Tests of cnnprof.records."""
