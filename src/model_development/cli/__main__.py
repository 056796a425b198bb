"""`python -m model_development.cli COMMAND ...`, where the installed command is not on the path."""

from .main import program

if __name__ == "__main__":
    program()
