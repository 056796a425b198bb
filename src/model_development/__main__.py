"""`python -m model_development COMMAND` is the command `model-development`."""

from .cli.main import program

if __name__ == "__main__":
    program()
