"""Profiles set side by side: pure functions from records to records and sentences."""

from cnnprof.comparison.comparable import all_comparable, differences
from cnnprof.comparison.correlation import correlations
from cnnprof.comparison.sentences import sentence, sentences

__all__ = ["all_comparable", "correlations", "differences", "sentence", "sentences"]
