"""Changes of the law: between two notices, or of one that is only considered, in rules, people and money."""
