"""The Jinja templates of reports and messages, shipped with the package."""
