"""How it is reached: HTTP and websockets, who is let in, how much one request may carry."""
