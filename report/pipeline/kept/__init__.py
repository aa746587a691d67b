"""What lies beside a draft: the texts it was made from, those it has had, and the way back to them."""
