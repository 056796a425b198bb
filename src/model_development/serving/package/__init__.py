"""The folder that is shipped: written from what phase 2 handed over, opened by the service."""
