"""Audit → files: JSON by its published schema, the HTML report, job descriptions, and the folder that holds them."""
