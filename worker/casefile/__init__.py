"""The case file of one person (案卷): everything on record about them, to be read, printed, and kept."""
