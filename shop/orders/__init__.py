"""The basket, the order, its life and its history.

Words: *basket*, *order* with *lines*, *trip*, *state*, *history*. Announces what `events` lists.
"""
