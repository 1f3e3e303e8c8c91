"""The bureau's files: recognised by their columns, read, and checked row by row. Nothing here knows the database."""
