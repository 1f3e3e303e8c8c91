"""One table for all pages: declared once, then filtered, sorted, paged, linked and exported in the same way."""
