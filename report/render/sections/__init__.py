"""The draft's sections, a module each: facts of a Timeline in words and tables."""
