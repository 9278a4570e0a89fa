"""Pickup codes, scans and the hand-over.

Words: *pickup code* (typed), *token* (the signed text in the QR picture), *scan*, *look*, *hand-over*, *outcome*.
Announces nothing of its own; a hand-over is announced by the order (`orders.collected`).
"""
