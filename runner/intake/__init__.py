"""From bytes to all-text rows with line numbers, the malformed rows set aside, and the file health gate."""
