"""Read, split and check the table of a context, without training anything."""

from .command import Command, add_context


def run(options):
    from ..phases.data_report import check_data

    check_data(options.context)
    return 0


CHECK = Command(
    name="check",
    help="read, split and check the table, without training",
    description="Check a table for leakage, copies across the split, groups, times, identifiers and more; "
    "write data_checks.json and data_profile.html. Nothing is trained.",
    add_arguments=add_context,
    run=run,
)
