"""A synthetic bureau: a county's people, and the files that its offices would drop over one season."""
