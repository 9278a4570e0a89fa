"""A duty-free shop: order before the flight, pay by WeChat, collect at the counter.

The shop is a house. Each **room** is something the business can do: catalogue, orders, pickup, payments….
Rooms stand on **floors**; a room may call only what is beneath it.
**Doors** (`web/`) are on top, one per kind of visitor. **Gateways** to other companies are at the bottom.
Down, a room *calls*. Up, it *announces*; the worker hears.
A room always has the same furniture: `states rules models queries commands events`.
"""
