"""The benchmarks: what the shop does in a second, as shares of what this machine could do in that second."""
