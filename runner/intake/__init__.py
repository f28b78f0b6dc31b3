"""From bytes to rows: a strict, private copy of the input, all-text rows with line numbers, and the file health gate."""
