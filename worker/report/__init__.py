"""What a season came to: by town, by funding source, and what is still open."""
