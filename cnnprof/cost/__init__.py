"""Graph to Counts: every cost is a pure function of the recorded shapes; torch is not needed here."""
