"""The architectures, one module a family; each builder returns an ``nn.Module``."""
