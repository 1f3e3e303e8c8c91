"""The tax system without an API: batches written into a drop directory (报盘), results read back from it (回盘)."""
