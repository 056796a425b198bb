"""Model development: train every framework alike, pick the best, tune it, hand it over.

The public door is `model_development.model_utils`.
"""
