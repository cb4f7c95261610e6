"""Published experiments: what the paper prints beside what this machine does."""
