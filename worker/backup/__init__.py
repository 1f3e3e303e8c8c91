"""Backups, restores, and coming to terms with the neighbours after one."""
