"""From samples to intervals and verdicts, without a clock: pure functions of numbers."""
