"""What a manager decides without a developer: counters and their hours, texts of messages, allowances, prices as they are shown.

Words: *setting* (a kind and a key, like the opening hours of T1-B42), *version* (one change of it, see `shop.base.versions`),
*effect* (what a change would do, said before it is made). Announces nothing: the shop reads the values anew each time.
"""
