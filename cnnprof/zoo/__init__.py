"""What can be profiled: the catalogue of published networks, and models from outside."""
