"""The commands as tools for AI assistants, over the Model Context Protocol."""
