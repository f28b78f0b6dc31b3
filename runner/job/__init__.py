"""From YAML text to a District and its Jobs, with every problem at its place."""
