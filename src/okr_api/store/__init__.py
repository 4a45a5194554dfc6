"""How it is remembered: tables, transactions, and the words' way into them and back."""
