"""cnnprof against its peers and against its goals: ``python -m benchmarks [NAME...]`` writes ``results/NAME.md``."""
