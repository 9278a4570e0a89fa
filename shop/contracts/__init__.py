"""What the law wants of a contract made at a distance: confirmed on paper that lasts, and withdrawn from without hurdles.

Words: *withdrawal* (a traveller's declaration, kept as it came, whether it fits an order or not), *course* (what becomes of it),
*paper* (receipt, confirmation, acknowledgement: Chinese and German together), *letter* (a paper sent by mail). Announces
`withdrawal.received` and `letter.asked`; the worker sends the mail.
"""
