"""Ops one level lower, in aten's terms: what they are called here, and what their costs need."""
