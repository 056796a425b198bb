"""What a served model says of one row: see row_plan/answer.py, where models themselves can use it."""

from ..row_plan.answer import Answer as Answer
from ..row_plan.answer import Label as Label
