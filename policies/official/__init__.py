"""Official texts of notices, read into clauses and figures, and the proof that rules say what the text says."""
