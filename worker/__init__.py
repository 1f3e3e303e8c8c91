"""The service: what stands between the bureau's files and the last fen."""

import gc

# Batches are thousands of short-lived rows, and starting is thousands of functions and classes that stay: looking for
# cycles cost a sixth of either.
gc.set_threshold(100_000, 50, 100)
