"""CPU time of one raw row: by its row plan, and through a table of one row.

Fits each model on rows of a table, and prints the median microseconds of CPU that one row costs in one
thread: to read its values, to make the row of the matrix, to ask the estimator, and the whole answer; then
the same through a table, and how many times as much that is. With --prove, plan and table are compared on
the rows and on fuzzed ones.

    python benchmarks/row_plan.py --table adult.csv --target income
    python benchmarks/row_plan.py --table bike.csv --target cnt --models lightgbm_baseline sklearn_ridge
"""

import argparse
import os
import statistics
import time
import warnings
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

HEADS = ("read", "matrix", "estimator", "answer", "table", "ratio")


def microseconds(call, n, repeats=7):
    """The median over repeats of the CPU time of a call, of this process with all of its threads."""
    call()
    times = []
    for _ in range(repeats):
        started = time.process_time_ns()
        for _ in range(n):
            call()
        times.append((time.process_time_ns() - started) / n / 1000)
    return statistics.median(times)


def fitted(name, task, X, y, epochs):
    """A model of the table of models, networks briefly: a prediction costs the same."""
    from model_development.pipeline import TabularModel

    model = TabularModel(name, task.family).prepare(X)
    if epochs and hasattr(model.estimator_, "n_epochs"):
        params = model.estimator_.params
        if "epochs" in params:
            params["epochs"] = epochs
        else:
            model.estimator_.n_epochs = epochs
    return model.fit(X, y)


def measure(model, rows):
    """Microseconds of each step of one row."""
    from model_development.row_plan.raw_values import raw_values

    answers, row = model.row_answers(), rows[0]
    plain = raw_values(row, answers.names)
    table = {name: [value] for name, value in plain.items()}
    through_table = microseconds(lambda: answers.table_outputs(table), 5)
    whole = microseconds(lambda: answers.answer(row), 200)
    if answers.plan is None:
        return [float("nan")] * 3 + [whole, through_table, through_table / whole]
    clean = answers.reader.read(plain, row)
    matrix = answers.plan.matrix(clean)
    steps = [
        microseconds(lambda: answers.reader.read(raw_values(row, answers.names), row), 500),
        microseconds(lambda: answers.plan.matrix(clean), 500),
        microseconds(lambda: answers.plan.members[0].of_one(matrix), 200),
    ]
    return [*steps, whole, through_table, through_table / whole]


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--target", required=True)
    parser.add_argument("--models", nargs="*", help="all that suit the target, if not given")
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--epochs", type=int, default=3, help="of networks; 0: as they stop")
    parser.add_argument("--prove", type=int, default=0, metavar="N", help="compare on N fuzzed rows too")
    return parser.parse_args()


def main():
    warnings.simplefilter("ignore")
    arguments = parsed()
    from model_development.data.reading.sources import load_table
    from model_development.models.table import model_names
    from model_development.serving.proof import prove_plan
    from model_development.serving.served_model import ServedModel
    from model_development.tasks.table import make_task

    table = load_table(str(arguments.table)).head(arguments.rows)
    y = table.pop(arguments.target)
    task = make_task(y, arguments.target)
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    print(f"{'CPU microseconds of one row':30s}" + "".join(f"{head:>11s}" for head in HEADS))
    for name in arguments.models or model_names(task.family):
        model = fitted(name, task, table, y.to_numpy(), arguments.epochs)
        print(f"{name:30s}" + "".join(f"{number:11.1f}" for number in measure(model, rows)), flush=True)
        if arguments.prove:
            print(f"    {prove_plan(ServedModel(model), rows, n_fuzzed=arguments.prove)}", flush=True)


if __name__ == "__main__":
    main()
