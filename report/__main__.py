"""`python -m report`: the same program as the console script."""

from report.entry import main

if __name__ == "__main__":
    main()
