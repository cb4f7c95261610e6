"""What was found, ready for any format: a report, rows, a document, a picture."""
