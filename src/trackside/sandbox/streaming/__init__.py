"""How an answer travels: the event sequence, its bytes, its pace, and the faults that spoil them."""
