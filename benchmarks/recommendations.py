"""Do the rules of recommended algorithms name the model that wins? On contexts whose phase 1 has been run.

    python benchmarks/recommendations.py a/pipeline_context.json b/pipeline_context.json

For each: rows, columns, the first two that the rules name from the table's profile, the winner of phase 1 and
its place among all that were recommended, and whether one of the first two is not significantly different
from the winner.
"""

import json
import sys
from pathlib import Path

from model_development.data.reading.sources import load_table
from model_development.planning.algorithms import agreement, recommend
from model_development.planning.read_table import look_at
from model_development.settings.context import read_context
from model_development.storage.files import ALL_MODELS_METRICS, EPOCH_FOLDER


def judged(path):
    """(name, profile, first two, winner and its place, are the first two as good) of one context."""
    context = read_context(path)
    table = load_table(context.feature_data, context.target)
    profile = look_at(table, context.target, context.settings_in_file).profile
    file = context.artifacts_root / EPOCH_FOLDER / ALL_MODELS_METRICS
    found = json.loads(file.read_text(encoding="utf-8"))
    trained = [name for name, model in found["models"].items() if model["status"] == "ok"]
    ranked = recommend(profile, trained)
    tied = {found["best_model_name"], *(found.get("comparison") or {}).get("on_par", [])}
    first = [recommendation.model for recommendation in ranked[:2]]
    return (
        context.project,
        profile,
        first,
        agreement(ranked, found["best_model_name"]),
        bool(tied & set(first)),
    )


def main(paths):
    n_first = n_as_good = 0
    for path in paths:
        name, profile, first, found, as_good = judged(Path(path))
        n_first, n_as_good = n_first + found.stands_first, n_as_good + as_good
        print(
            f"{name:<24} {profile.problem_type:<11} {profile.n_rows:>7} x {profile.n_columns:<3} "
            f"named {', '.join(first):<45} won {found.winner} (place {found.place}), as good: {as_good}"
        )
    print(
        f"The winner stands among the first two in {n_first} of {len(paths)}, or one as good in {n_as_good}."
    )


if __name__ == "__main__":
    main(sys.argv[1:])
