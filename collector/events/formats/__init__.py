"""One module for each tool whose files are read, and one for rows of no tool in particular."""
