"""What holds before anybody has changed it: customs' allowances and the territory, as they were read, each with its source."""

from collections.abc import Mapping
from typing import Any

READ_ON = "2026-11-21"
OUTSIDE = "alcohol, tobacco, and 20 listed goods (TV, camera, copier, computer, phone, furniture, lamps, tableware …)"

# Amounts in minor units of `currency`; None where the source names no limit. `never_free`: codes of categories whose goods are
# among the 20 listed ones (notice 7/2004 of customs); the example shop sells none.
ALLOWANCES: Mapping[str, dict[str, Any]] = {
    "CN": {
        "currency": "CNY", "value_minor": 5000_00, "item_minor": 5000_00, "alcohol_ml": 1500, "alcohol_permille": 120, "age": 16,
        "outside": OUTSIDE, "stops": False, "read_on": READ_ON,
        "source": "General Administration of Customs, notice 54/2010 and order 58; www.customs.gov.cn, en.bcia.com.cn/guide",
    },
    "CN_VISITOR": {
        "currency": "CNY", "value_minor": 2000_00, "item_minor": 2000_00, "alcohol_ml": 1500, "alcohol_permille": 120, "age": 16,
        "outside": OUTSIDE, "stops": False, "read_on": READ_ON,
        "source": "General Administration of Customs, notice 54/2010 (travellers who live elsewhere, goods that stay) and order 58",
    },
    "CN_VIA_HK": {
        "currency": "CNY", "value_minor": 12000_00, "item_minor": None, "alcohol_ml": 750, "alcohol_permille": 120, "age": 18,
        "outside": OUTSIDE, "stops": False, "read_on": READ_ON,
        "source": "Ministry of Finance and others, notice of 28 June 2024 (entry from Hong Kong or Macau); customs order 58",
    },
    "HK": {
        "currency": "HKD", "value_minor": None, "item_minor": None, "alcohol_ml": 1000, "alcohol_permille": 300, "age": 18,
        "outside": "", "stops": False, "read_on": READ_ON,
        "source": "Hong Kong Customs and Excise: 1 litre above 30 % vol for travellers of 18 and older",
    },
    "MO": {
        "currency": "MOP", "value_minor": None, "item_minor": None, "alcohol_ml": None, "alcohol_permille": None, "age": None,
        "outside": "", "stops": False, "read_on": READ_ON,
        "source": "No official text was read yet: please fill in what Macao Customs says",
    },
}  # fmt: skip

# `countries`: the member states (Treaty on European Union, Art. 52, as of 2020-02-01) and Monaco, which counts as France.
# `outside`: the Canary Islands, Ceuta and Melilla, Åland, the French overseas departments, Heligoland. `inside`: Northern Ireland,
# for goods.
TERRITORY: dict[str, Any] = {
    "countries": [
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MC", "MT",
        "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    ],
    "outside": [
        "ACE", "CAY", "DZA", "FDF", "FUE", "GMZ", "HGL", "JCU", "LPA", "MHQ", "MLN", "PTP", "RUN", "SPC", "TFN", "TFS", "VDE",
    ],
    "inside": ["BFS", "BHD", "LDY"],
    "read_on": READ_ON,
    "source": "Directive (EU) 2020/262, Art. 4 and 13; Directive 2006/112/EC, Art. 6, 7 and 147; Windsor Framework, Art. 5 and 8",
}  # fmt: skip
FIRST: Mapping[str, Mapping[str, dict[str, Any]]] = {"allowance": ALLOWANCES, "territory": {"eu": TERRITORY}}
