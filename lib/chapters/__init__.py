"""One room for each chapter: its measures, tables, figures, page assets and commands."""
