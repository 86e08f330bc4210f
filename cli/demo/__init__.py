"""`./helpline demo`: one real call on real Asterisk, told as it happens, then a helpline to try out."""
