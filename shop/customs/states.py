"""How goods are sold on a trip, and how far they are within what customs allows."""

from enum import IntEnum, StrEnum


class Treatment(StrEnum):
    DUTY_FREE = "duty_free"
    DUTY_PAID = "duty_paid"


class Level(IntEnum):
    """From good to bad: the level of several is the highest of them."""

    FINE = 0
    NEAR = 1  # from nine tenths of a limit on
    CHECK = 2  # it cannot be said: a figure, a rate or a size is missing
    OVER = 3  # to be declared: a warning
    STOP = 4  # over, and the shop does not sell it


class Bar(StrEnum):
    """What is measured."""

    VALUE = "value"
    ITEM = "item"  # a single piece that alone is worth more than the limit
    ALCOHOL = "alcohol"
    NEVER_FREE = "never_free"
    AGE = "age"
    FIGURES = "figures"  # there is a rule without figures, or no rule at all
