"""The outside world of nanos: archives of strangers, the virus scanner, the reader of PDFs."""
