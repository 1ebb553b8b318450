"""The outside world of the machinery: mail servers and file stores."""
