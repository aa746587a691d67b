"""`python -m report`: the same program as the console script."""

from report.cli import main

if __name__ == "__main__":
    main()
