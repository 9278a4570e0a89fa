"""What travellers are told: when, through which channel, in which words, at most once each, and what became of it.

Words: *moment* (what there is to tell, like `ready`), *occasion* (what makes it another time of the same moment: a refund's key, a
flight), *channel* (customer-service message, template message, mail), *window* (how long and how often WeChat lets us write after
the traveller did something), *outcome* (what WeChat said became of it). Hears the rooms
beneath; announces an address for mail that has to be confirmed.
"""
