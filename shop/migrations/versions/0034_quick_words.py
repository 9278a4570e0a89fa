"""The words of a traveller's name are found by a function that PostgreSQL reads once a connection, not once an order

Revision: 0034_quick_words
"""

from alembic import op

revision = "0034_quick_words"
down_revision = "0033_campaigns"
branch_labels = None
depends_on = None

# As 0022 wrote it: a function in SQL is read and planned anew by every statement that writes an order, which took a seventh of
# placing one. The answers are the same, so the index stays as it is.
CAPITALS, SMALL = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"
WORDS = (
    "array_to_tsvector(array_remove(regexp_split_to_array("
    f"regexp_replace(translate(name, '{CAPITALS}', '{SMALL}'), '([^ -~])', ' \\1 ', 'g'), '[ -/:-@[-`{{-~]+'), ''))"
)


def _replace(language: str, body: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE OR REPLACE FUNCTION order_name_words(name text) RETURNS tsvector LANGUAGE {language} "
            f"IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$ {body} $$"
        )


def upgrade() -> None:
    _replace("plpgsql", f"BEGIN RETURN {WORDS}; END")


def downgrade() -> None:
    _replace("sql", f"SELECT {WORDS}")
