"""What the law says of a trip: whether goods are sold duty free, and what customs lets a traveller bring home.

Words: *territory* (inside it nothing is duty free), *treatment* (duty free or duty paid), *allowance* (customs' rule for an area),
*meter* (goods measured against allowances). All rules are dated data with a source; what they decide is in `rules`. Announces
nothing.
"""
