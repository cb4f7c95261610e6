"""Worker processes: begun, spoken with by messages, given precedence, ended."""
