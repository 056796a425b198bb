"""What models are asked for in companies: 64 use cases with their tables, costs, rules and traps."""
