"""PyTorch as it is, on the CPU and on accelerators."""
