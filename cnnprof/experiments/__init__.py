"""Published experiments as data: rows, figures as printed and where they stand. Torch-free."""
