"""What can be bought: products, categories, prices, and the four numbers of stock.

Words: *product*, *category*, *stock* (on hand, held, allocated, handed over), *hold* (stock claimed by one order).
Announces a picture that was added: the worker makes its sizes.
"""
