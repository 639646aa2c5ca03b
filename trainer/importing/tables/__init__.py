"""Tables with a header: CSV in its dialects, and sheets of Excel and LibreOffice."""
