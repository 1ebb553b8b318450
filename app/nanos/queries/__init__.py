"""Reads of nanos."""
