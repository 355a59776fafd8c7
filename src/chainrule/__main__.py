"""``python -m chainrule``: the command, where its folder is not on the path."""

from chainrule.cli import main

if __name__ == "__main__":
    main()
