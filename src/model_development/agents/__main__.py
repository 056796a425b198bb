"""`python -m model_development.agents`: what `.mcp.json` starts."""

import sys

from ..errors import TemplateError
from .server import serve

if __name__ == "__main__":
    try:
        serve()
    except TemplateError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
