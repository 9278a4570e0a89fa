"""How the shop does, by day: orders, takings, refunds, what was ready in time, who did not come.

A *day* is a day in Frankfurt; an order belongs to the day it was placed and to the day its flight leaves. Days that are
over are counted once by the worker and kept; a day of which any order changed since, and every day that was not counted
yet, is counted from the orders themselves. So the figures are always those of the orders, with or without a worker.
"""
