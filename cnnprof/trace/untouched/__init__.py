"""What a pass over a network must leave as it was, each kind with its own way back."""
