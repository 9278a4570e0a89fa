"""What can be wrong with a file as a whole."""

from shop.base.errors import Kind, ShopError


class UnreadableFile(ShopError):
    """The file is no table we can read; `facts["reason"]` says why in a stable word, nothing was taken from it.

    Reasons: `empty`, `too_large`, `not_a_table` (neither XLSX nor text), `old_excel` (the format before 2007, or a workbook
    with a password), `broken_archive`, `zip_bomb`, `too_many_parts`, `macros`, `no_sheet`, `too_many_sheets`,
    `broken_workbook`, `unknown_encoding`, `broken_utf8`, `broken_quotes` (with `line`), `cell_too_long` (with `line`),
    `too_many_rows` (with `most`), `too_many_columns` (with `line` and `most`);
    and of a table that is none of ours: `no_header`, `no_rows`, `columns_twice` (with `columns`).
    """

    kind, code = Kind.INVALID, "unreadable_file"

    def __init__(self, reason: str, **facts: object) -> None:
        super().__init__(reason=reason)
        self.facts |= facts
        self.reason = reason
