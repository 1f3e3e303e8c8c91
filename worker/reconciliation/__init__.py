"""Tax's statements against our book."""
