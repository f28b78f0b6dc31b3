"""Codes of circulation jobs: checkouts, fines and holds. A refused row keeps its table from being good (docs/domain.md section 10)."""

from __future__ import annotations

from runner.messages.explanation import Explanation

CIRCULATION: tuple[Explanation, ...] = (
    Explanation(
        "patron-unknown",
        "refused",
        "A circulation row is for a patron who is not in the store.",
        "The row was not loaded. The table still counts as good.",
        "Nothing, if the patron was deleted. Otherwise compare the key in the row with the store's.",
        "Circulation systems list people whom the library no longer has. Such rows cannot protect anybody from deletion, so they alone "
        "do not make the table doubtful, as any other refused row does.",
        "A fine for 1000017, who was deleted in August.",
    ),
    Explanation(
        "amount-invalid",
        "refused",
        "The amount of a fine is blank, no number, or has more than 13 digits or two decimals.",
        "The row was not loaded, and the table does not count as good: no patron is deleted until it is put right.",
        "Have the amount exported as plain decimals, such as 12.50; take out currency signs with a `replace` step.",
        "Money is counted in whole cents and never rounded. A minus sign marks a refund owed to the patron. Thousands separators and "
        "currency signs are not guessed at, for 1,250 means two things in two countries.",
        "`$12.50` and `12.505` are refused; `12.50`, `-3` and `.75` are not.",
    ),
    Explanation(
        "item-barcode-missing",
        "refused",
        "A checkout or a hold names no item.",
        "The row was not loaded, and the table does not count as good: no patron is deleted until it is put right.",
        "Have the item's barcode filled in at the source, or correct the column that the job names for item_barcode.",
        "A checkout without its item cannot be marked lost when its patron is deleted, so it is not counted as known.",
        "`Copy` is empty in line 17 of checkouts.csv.",
    ),
    Explanation(
        "due-date-invalid",
        "warning",
        "The due date of a checkout is not a date in the job's format.",
        "The checkout was loaded without a due date.",
        "Correct the date at the source, or the `date` format in the job.",
        "No policy looks at due dates, so a checkout counts with or without one.",
        "`31/12/2026` where the job says `%m/%d/%Y`: there is no month 31.",
    ),
)
