"""A scheduled patron updater: a school district's nightly CSV brought into the library's patron store."""

__version__ = "0.1.0"
