"""How it is announced: those who wait hear that the feed has moved, in this process and in others."""
