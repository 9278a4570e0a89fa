"""The packing door: what is due, waves and their lists, one parcel at a time, labels, and back to stock.

Packers and counters come in with their device's token and see the orders of their own pickup point. Every page works
without JavaScript; a page that is sent twice does a thing once.
"""

from shop.web.counter.packing import board, parcel, returns, shelf, shortage, waves

BLUEPRINTS = [board.blueprint, waves.blueprint, parcel.blueprint, shortage.blueprint, returns.blueprint, shelf.blueprint]
