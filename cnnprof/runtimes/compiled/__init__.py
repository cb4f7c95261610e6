"""A network as inductor compiles it, ahead of time or in this process."""
