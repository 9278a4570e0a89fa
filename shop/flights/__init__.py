"""Where travellers fly and where they collect: airports, flight patterns, pickup points, how late one may order.

Words: *airport*, *flight pattern* (a number that flies on some weekdays at a local time), *pickup point*, *cut-off*.
Announces nothing.
"""
