"""The whole catalogue as a file, out and in again.

Words: *import* (a file somebody sent, from its upload until it was applied or forgotten), *check* (the dry run: every
line is read, compared with the catalogue, and nothing is changed), *line* (a row of the file and what would come of it),
*fault* (why a line cannot be taken), *apply* (do exactly what the check has shown, all of it or nothing).
Announces: an import that is to be checked, an import that is to be applied.
"""
