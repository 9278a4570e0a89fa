"""What the manager asks: questions across all rooms, answered as files. Reads, never changes.

Words: *report*, *period* (Frankfurt days, by the moment an order was placed), *sheet*, *column*, *totals*.
One report is one consistent view of the database. It is streamed, so its size does not matter, and its totals are
counted twice: row by row while it is written, and by the database; a report whose two counts differ is an error.
Doors and the command line use `files`. Reports hold no name, no openid and no birth date; a traveller is a number that
is the same in every report. Announces nothing.
"""
