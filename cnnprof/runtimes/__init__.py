"""A model made ready to call, on the runtime and device that were asked for."""
