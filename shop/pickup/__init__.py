"""Packing, pickup codes, scans, the checks before a hand-over, the hand-over, and taking it back.

Words: *pickup code* (typed), *token* (the signed text in the QR picture), *scan*, *look*, *check*, *hand-over*, *outcome*,
*conflict* (goods that left without network although the shop says otherwise), *manifest* (what a device knows offline).
Announces what `events` names; a hand-over of everything is announced by the order (`orders.collected`).
"""
