"""Other companies: each one class, a few frozen values and the refusals they may answer with."""
