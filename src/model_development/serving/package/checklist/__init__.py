"""The deployment checklist: each item is a question that is answered by trying it on a package."""
