"""The nouns: frozen records of plain values that pass from stage to stage."""
