"""Tables that people send as files, and files of tables for people: CSV and XLSX, read without trusting them.

Words: *file* (bytes somebody sent), *table* (its rows of cells, with their line numbers), *cell* (what stands in one: text,
a number, a moment, or a `Bad` that says what is wrong with it). A line number is what a spreadsheet program shows at the left.
"""
