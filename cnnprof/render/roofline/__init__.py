"""What was measured against what the machine can do at best: of one network, and of several side by side."""
