"""The JSON Schemas of district and job files, shipped with the package."""
