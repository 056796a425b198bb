"""Files: whole or not at all, model folders, results of finished work."""
