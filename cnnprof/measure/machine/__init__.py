"""The machine that times are taken on: what it is, what it did meanwhile, and how much of it is ours."""
