"""Only tools for development bring this package along: a shop in production has not got it, nor has the one measured."""

raise ImportError("rich is not installed in production")
