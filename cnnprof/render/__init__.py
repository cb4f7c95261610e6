"""Records as neutral tables, and tables as text for the console or Markdown."""
