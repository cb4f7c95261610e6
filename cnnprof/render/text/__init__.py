"""Tables and lines as text: numbers with their unit, cells, layout, and the three ways out."""
