"""The journey that a traveller states before shopping, and those that are kept for the next visit.

Words: *trip* (flight, day, from, to, final destination, residence). What may be bought on it, at which price, where it is collected
and until when it can be ordered follows from it: see `shop.customs` and `shop.flights`. Announces nothing.
"""
