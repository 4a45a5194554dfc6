"""How it is read: declared fields become set-based statements, and rows become answers."""
