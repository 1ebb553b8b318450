"""Use cases of hosting that write. Each function opens one transaction unless it says that it joins its caller's."""
