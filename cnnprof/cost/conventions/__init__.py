"""What well-known counters print for the same network, each reproduced from the one graph."""
