"""The European Central Bank's euro reference rates: one file a working day, of all its currencies."""

from shop.gateways.reference_rates.client import DailyRates, RatesUnavailable, ReferenceRates

__all__ = ["DailyRates", "RatesUnavailable", "ReferenceRates"]
