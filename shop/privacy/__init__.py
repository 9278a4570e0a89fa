"""What is kept of people, why and until when; forgetting it in time, telling it to whom it is about, and erasing a person.

Words: *field* (a column that says something about a person), *due* (its time is over), *forget* (delete or replace what it
says), *erase* (forget a traveller at once, as far as the law lets us). Announces nothing; the audit log gets counts.
"""
