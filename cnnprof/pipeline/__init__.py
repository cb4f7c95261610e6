"""THE FLOW, one function an arrow: resolve -> trace -> cost -> measure -> Profile."""
