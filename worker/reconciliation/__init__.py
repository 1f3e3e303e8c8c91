"""What tax and treasury state, against our book; and what becomes of the differences."""
