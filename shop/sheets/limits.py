"""How much of a file is taken before it is refused."""

LARGEST_FILE = 64 << 20  # bytes as sent
LARGEST_SHEET = 512 << 20  # bytes of a sheet's XML, unpacked
LARGEST_STRINGS = 64 << 20  # of the texts that an XLSX keeps apart; they are held in memory
LARGEST_PART = 8 << 20  # of any other part
MOST_TIMES = 200  # how much larger than packed; XML of sheets is 10 to 40 times
MOST_PARTS = 1000
MOST_SHEETS = 50
MOST_ROWS = 200_000
MOST_COLUMNS = 200
MOST_STRINGS = 5_000_000
LONGEST_CELL = 32_767  # letters, as Excel's
